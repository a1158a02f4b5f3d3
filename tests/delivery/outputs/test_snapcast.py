"""Promises of Snapcast sources as outputs, with a real snapserver and snapclient, and with readers that misbehave."""

import asyncio
import os
import time
from pathlib import Path

import numpy as np
import pytest
from pcm_readers import read_pipe, tcp_source
from snapservers import BUFFER_S, snapserver
from sounds import noise, samples_of, sound_of, tone, without_silence
from waiting import until

from voxd.delivery.outputs.snapcast import SnapcastOutput
from voxd.errors import OutputError
from voxd.settings import SnapcastOutputSettings


def output_to(port: int = 1, pipe: Path | None = None, channels: int = 2, buffer_s: float = BUFFER_S) -> SnapcastOutput:
    return SnapcastOutput("house", SnapcastOutputSettings(port=port, pipe=pipe, channels=channels), buffer_s)


@pytest.mark.realtime
@pytest.mark.parametrize("by_pipe", [False, True], ids=["tcp", "pipe"])
async def test_every_sample_is_heard_by_the_clients_of_a_real_server(tmp_path: Path, by_pipe: bool) -> None:
    sound = noise(0.5)
    with snapserver(tmp_path / "snap", by_pipe=by_pipe) as server:
        output = output_to(server.tcp_port, server.pipe if by_pipe else None)
        await output.start()
        assert server.status == "idle"
        playing = asyncio.create_task(output.play(sound_of(sound)))
        await until(lambda: server.status == "playing")
        await playing
        await until(lambda: without_silence(server.heard()) == sound.pcm)
        await until(lambda: server.status == "idle")


async def test_the_sound_is_made_to_fit_the_source() -> None:
    async with tcp_source() as source:
        await output_to(source.port, buffer_s=0).play(sound_of(tone(0.3, 22_050)))
        await until(lambda: source.open == 0)
    assert abs(len(source.pcm) - 4 * 48_000 * 0.4) < 4 * 100, "two channels, and 0.1 s of silence"


@pytest.mark.realtime
async def test_it_is_done_when_it_was_heard_and_the_line_is_free_again() -> None:
    async with tcp_source() as source:
        output = output_to(source.port, buffer_s=0.2)
        began = time.monotonic()
        await output.play(sound_of(noise(0.5)))
        assert 0.7 <= time.monotonic() - began < 1.5
        await until(lambda: source.open == 0)


async def test_cancelled_hardly_anything_more_is_sent() -> None:
    async with tcp_source() as source:
        output = output_to(source.port)
        playing = asyncio.create_task(output.play(sound_of(noise(30))))
        await until(lambda: len(source.pcm) > 4 * 48_000 // 2)
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(playing, 1)
        await until(lambda: source.open == 0)
        assert len(source.pcm) <= 4 * 48_000 * 1.5


async def test_what_is_broken_off_does_not_click() -> None:
    async with tcp_source() as source:
        output = output_to(source.port, channels=1)
        playing = asyncio.create_task(output.play(sound_of(tone(30))))
        await until(lambda: len(source.pcm) > 2 * 48_000 // 2)
        playing.cancel()
        await asyncio.wait((playing,), timeout=1)
        await until(lambda: source.open == 0)
    heard = samples_of(bytes(source.pcm)).astype(int)
    assert abs(np.diff(heard)).max() < 1000, "the tone itself goes up and down by 922 from sample to sample"
    assert heard[-1] == 0


async def test_a_server_that_dies_in_the_middle_is_told() -> None:
    async with tcp_source(dies_after_bytes=50_000) as source:
        with pytest.raises(OutputError, match=r"The Snapcast source of house at 127\.0\.0\.1:[0-9]+ failed: "):
            await asyncio.wait_for(output_to(source.port).play(sound_of(noise(10))), 5)


async def test_a_server_that_takes_nothing_is_told() -> None:
    async with tcp_source(stuck=True) as source:
        settings = SnapcastOutputSettings(port=source.port, rate_hz=192_000, channels=8)
        output = SnapcastOutput("house", settings, timeout_s=0.2)
        with pytest.raises(OutputError, match="it takes nothing"):
            await asyncio.wait_for(output.play(sound_of(noise(60, 192_000))), 20)


async def test_where_nobody_listens_that_is_told() -> None:
    with pytest.raises(OutputError, match=r"127\.0\.0\.1:1 failed: Connection refused"):
        await output_to(1).start()
    with pytest.raises(OutputError, match="failed: "):
        await output_to(1).play(sound_of(noise(0.1)))


async def test_a_pipe_takes_whole_frames_in_its_own_time(tmp_path: Path) -> None:
    pipe = tmp_path / "fifo"
    os.mkfifo(pipe)
    with read_pipe(pipe) as pcm:
        output = output_to(pipe=pipe, channels=3, buffer_s=0)
        await output.start()
        playing = asyncio.create_task(output.play(sound_of(noise(20))))
        await until(lambda: len(pcm) > 6 * 48_000 // 2)
        playing.cancel()
        await asyncio.wait((playing,), timeout=1)
        await until(lambda: len(pcm) % 6 == 0)
        assert len(pcm) < 6 * 48_000 * 1.5


async def test_a_pipe_that_nobody_reads_or_that_is_none_is_told(tmp_path: Path) -> None:
    pipe = tmp_path / "fifo"
    with pytest.raises(OutputError, match="No such file or directory"):
        await output_to(pipe=pipe).start()
    os.mkfifo(pipe)
    with pytest.raises(OutputError, match=f"at {pipe} failed: nobody reads it"):
        await output_to(pipe=pipe).start()
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OutputError, match="it is no named pipe"):
        await output_to(pipe=file).look()


async def test_a_pipe_whose_reader_goes_away_is_told(tmp_path: Path) -> None:
    pipe = tmp_path / "fifo"
    os.mkfifo(pipe)
    output = output_to(pipe=pipe)
    with read_pipe(pipe) as pcm:
        playing = asyncio.create_task(output.play(sound_of(noise(10))))
        await until(lambda: len(pcm) > 20_000)
    with pytest.raises(OutputError, match="Broken pipe"):
        await asyncio.wait_for(playing, 5)
    with read_pipe(pipe) as pcm:
        playing = asyncio.create_task(output.play(sound_of(noise(0.1))))
        await until(lambda: len(pcm) >= 4 * 48_000 * 0.2)
    with pytest.raises(OutputError, match="nobody reads it any more"):
        await asyncio.wait_for(playing, 5)
