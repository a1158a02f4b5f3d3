"""The way to the host of reference clips, against a process that plays the odd cases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fake_host import asked_of, fake_place, pids_of
from waiting import until

from voxd.errors import BadRequestError, EngineError, VoxdError
from voxd.synthesis.engines import clips_host
from voxd.synthesis.engines.clips_host import ClipsHost
from voxd.wire.wyoming.host_events import PAYLOAD_MAX_BYTES

LONG_S = 20.0


@asynccontextmanager
async def clips(folder: Path, script: str = "ready", idle_s: float = 60.0) -> AsyncIterator[ClipsHost]:
    host = ClipsHost(fake_place(folder, script), idle_s)
    try:
        yield host
    finally:
        await host.stop()
    assert all(gone(pid) for pid in pids_of(folder))


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


async def test_it_is_begun_at_the_first_request_and_serves_all_of_them(tmp_path: Path) -> None:
    async with clips(tmp_path) as host:
        assert pids_of(tmp_path) == []
        ready, wav = await host.clip(b"a file")
        assert (ready.duration_s, ready.notes, wav) == (1.0, ("Well done",), b"RIFF")
        both = await asyncio.gather(host.vector(b"a wav"), host.vector(b"another"))
        assert [vector.vector for vector in both] == [(0.6, 0.8)] * 2
        assert len(pids_of(tmp_path)) == 1


async def test_what_is_wrong_with_a_file_is_told_in_the_words_of_the_host(tmp_path: Path) -> None:
    async with clips(tmp_path) as host:
        with pytest.raises(BadRequestError, match="That is no sound file"):
            await host.clip(b"bad")
        with pytest.raises(BadRequestError, match="The file is larger than 32 MiB"):
            await host.clip(bytes(PAYLOAD_MAX_BYTES + 1))


async def test_it_ends_when_nobody_asked_for_a_while_and_is_begun_again(tmp_path: Path) -> None:
    async with clips(tmp_path, idle_s=0.2) as host:
        await host.vector(b"a wav")
        await until(lambda: gone(pids_of(tmp_path)[0]))
        assert "ended" in asked_of(tmp_path)
        await host.vector(b"a wav")
        assert len(pids_of(tmp_path)) == 2


@pytest.mark.parametrize("turns", range(5))
async def test_whoever_comes_just_when_it_is_to_end_is_served(tmp_path: Path, turns: int) -> None:
    async with clips(tmp_path, idle_s=0.0) as host:
        await host.vector(b"a wav")
        for _ in range(turns):
            await asyncio.sleep(0)
        assert (await host.vector(b"a wav")).vector


async def test_one_that_dies_or_hangs_costs_one_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with clips(tmp_path) as host:
        with pytest.raises(EngineError, match=r"The clip could not be made\. Its process ended with code 6"):
            await host.clip(b"die")
        monkeypatch.setattr(clips_host, "ANSWER_TIMEOUT_S", 0.5)
        with pytest.raises(EngineError, match=r"The clip took longer than 0\.5 s"):
            await host.clip(b"hang")
        assert (await host.clip(b"a file"))[1] == b"RIFF"
        assert len(pids_of(tmp_path)) == 3


async def test_one_that_cannot_be_begun_says_why(tmp_path: Path) -> None:
    async with clips(tmp_path, "dies") as host:
        with pytest.raises(EngineError, match=r"does not answer\. Its process ended with code 3"):
            await host.vector(b"a wav")


async def test_whoever_gives_up_at_the_beginning_leaves_it_to_the_others(tmp_path: Path) -> None:
    async with clips(tmp_path) as host:
        impatient = asyncio.create_task(host.vector(b"a wav"))
        await until(lambda: pids_of(tmp_path), LONG_S)
        impatient.cancel()
        assert await host.vector(b"a wav")
        assert len(pids_of(tmp_path)) == 1


async def test_a_stop_ends_one_that_is_just_beginning(tmp_path: Path) -> None:
    async with clips(tmp_path, "never listens") as host:
        asking = asyncio.create_task(host.vector(b"a wav"))
        await until(lambda: pids_of(tmp_path), LONG_S)
    with pytest.raises(EngineError, match="was killed"):
        await asking


async def test_without_torch_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    async with clips(tmp_path) as host:
        with pytest.raises(VoxdError, match=r"Cloned voices need the neural extra: make run NEURAL=cpu \(or cuda\)"):
            await host.clip(b"a file")
    assert pids_of(tmp_path) == []
