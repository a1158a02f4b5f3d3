"""Promises of the output that writes files."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from sounds import noise, sound_of, tone

from voxd.audio.wav import parse
from voxd.delivery.outputs.wav_files import WavFiles
from voxd.errors import EngineError, OutputError
from voxd.model.audio import Chunk


async def test_a_sound_becomes_a_wav_file_whose_path_is_told_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    told: list[Path] = []
    output = WavFiles("kitchen", tmp_path / "new" / "folder", 10, told.append)
    await output.start()
    await output.play(sound_of(noise(0.2, 22050)))
    (path,) = told
    assert parse(path.read_bytes()) == noise(0.2, 22050)
    assert path.name.startswith("kitchen-")
    assert str(path) in caplog.text


async def test_the_newest_files_of_the_zone_are_kept_and_strange_ones_left_alone(tmp_path: Path) -> None:
    strangers = [tmp_path / "kitchen-notes.wav", tmp_path / "kitchen-2-20260101-000000-000000.wav"]
    for stranger in strangers:
        stranger.touch()
    told: list[Path] = []
    output = WavFiles("kitchen", tmp_path, 2, told.append)
    await output.start()
    for _ in range(4):
        await output.play(sound_of(noise(0.01)))
    assert set(tmp_path.iterdir()) == {*strangers, *told[-2:]}


async def test_nothing_is_left_of_a_sound_that_failed(tmp_path: Path) -> None:
    async def failing() -> AsyncGenerator[Chunk, None]:
        yield noise(0.1)
        raise EngineError("gone")

    output = WavFiles("kitchen", tmp_path, 2)
    with pytest.raises(EngineError):
        await output.play(failing())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("turns", range(4))
async def test_nothing_is_left_of_a_sound_that_was_cancelled_as_it_began(turns: int, tmp_path: Path) -> None:
    playing = asyncio.create_task(WavFiles("kitchen", tmp_path, 2).play(sound_of(noise(0.1))))
    for _ in range(turns):
        await asyncio.sleep(0)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    await asyncio.sleep(0.2)
    assert list(tmp_path.iterdir()) == []


async def test_what_a_crash_left_is_removed_at_start(tmp_path: Path) -> None:
    (tmp_path / ".kitchen-abc.part").touch()
    await WavFiles("kitchen", tmp_path, 2).start()
    assert list(tmp_path.iterdir()) == []


async def test_the_first_chunk_decides_the_format(tmp_path: Path) -> None:
    output = WavFiles("kitchen", tmp_path, 2)
    await output.play(sound_of(noise(0.1, 16000), tone(0.1, 48000)))
    (path,) = tmp_path.iterdir()
    assert parse(path.read_bytes()).format.rate_hz == 16000


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    output = WavFiles("kitchen", tmp_path / "file" / "folder", 2)
    with pytest.raises(OutputError, match=r"kitchen cannot record in .*folder: Not a directory"):
        await output.start()


async def test_an_endless_sound_is_cut_off_with_a_reason(tmp_path: Path) -> None:
    async def endless() -> AsyncGenerator[Chunk, None]:
        while True:
            yield Chunk(noise(0.1, 8000).format, bytes(2 * 8000 * 600))

    with pytest.raises(OutputError, match="60 minutes"):
        await WavFiles("kitchen", tmp_path, 2).play(endless())
    assert list(tmp_path.iterdir()) == []
