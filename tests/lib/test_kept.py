"""What people told voxd is kept over restarts, whoever stops waiting for that."""

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from voxd.lib.kept import KeptFile


def kept(file: Path) -> KeptFile:
    return KeptFile(file, "What was said", "nothing holds")


async def test_what_is_written_is_read_by_the_next_start(tmp_path: Path) -> None:
    await kept(tmp_path / "file").write(lambda: {"voice": "mum"})
    assert await kept(tmp_path / "file").read(dict[str, str]) == {"voice": "mum"}


async def test_what_is_being_written_is_kept_though_nobody_waits_for_it_any_more(tmp_path: Path) -> None:
    file = kept(tmp_path / "file")
    writes = [asyncio.create_task(file.write(partial(str, number))) for number in range(10)]
    await asyncio.sleep(0)
    for write in writes:
        write.cancel()
    await asyncio.gather(*writes, return_exceptions=True)
    assert all(write.cancelled() for write in writes)
    await file.settle()
    assert json.loads((tmp_path / "file").read_text()) == "9"
    assert [left.name for left in tmp_path.iterdir()] == ["file"]


async def test_of_many_writes_at_once_the_newest_content_stays(tmp_path: Path) -> None:
    file, volume = kept(tmp_path / "file"), 0

    async def set_to(percent: int) -> None:
        nonlocal volume
        volume = percent
        await file.write(lambda: volume)

    await asyncio.gather(*map(set_to, range(20)))
    assert json.loads((tmp_path / "file").read_text()) == 19


@pytest.mark.parametrize("content", ["{", '{"number": Infinity}', '{"number": "many"}', "[]", "[[", "7"])
async def test_a_file_of_another_kind_is_told_of(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    def understood(found: Any) -> int:
        return int(found["number"])

    (tmp_path / "file").write_text(content)
    assert await kept(tmp_path / "file").read(understood) is None
    assert "cannot be read" in caplog.text
    assert "nothing holds" in caplog.text


async def test_a_disk_that_refuses_it_is_told_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = kept(tmp_path / "no folder" / "file")
    await file.write(lambda: 1)
    await file.write(lambda: 2)
    assert caplog.text.count("cannot be written") == 1
    (tmp_path / "no folder").mkdir()
    await file.write(lambda: 3)
    assert not file.failing, "it is over"
    assert (tmp_path / "no folder" / "file").read_text() == "3"
