"""Promises of the device output when servers wedge, devices vanish and children die."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from processes import children, command, has_ended
from sound_servers import PulseServer, recording
from sounds import noise, samples_of, sound_of, without_silence
from waiting import until

from voxd.delivery.outputs.device import DeviceOutput
from voxd.errors import OutputError
from voxd.settings import DeviceOutputSettings, PlaybackSettings

pytestmark = pytest.mark.realtime

StartPulse = Callable[[int], PulseServer]
WATCHFUL = PlaybackSettings(stalled_after_ms=400, latency_ms=250, lead_out_ms=100)
SOUND = noise(1.2)
OVERLAP_FRAMES = 24_000
PATIENCE_S = 20


@asynccontextmanager
async def playing(give_up_s: float = 10.0) -> AsyncIterator[tuple[DeviceOutput, "asyncio.Task[None]"]]:
    """An output half a second into the sound; what waits for it longer than PATIENCE_S fails."""
    output = DeviceOutput("kitchen", DeviceOutputSettings(), WATCHFUL, give_up_s=give_up_s)
    await output.start()
    task = asyncio.create_task(output.play(sound_of(SOUND)))
    try:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.sleep(0.6)
            yield output, task
    finally:
        task.cancel()
        await asyncio.wait((task,))
        await output.stop()


def audio_children() -> list[int]:
    """The audio children of this process."""
    return [pid for pid in children() if any(b"portaudio_child" in word for word in command(pid))]


def assert_heard_on(before: bytes, after: bytes) -> None:
    """The sound began in the one recording and went on in the other, with at most a little said twice."""
    first, rest = without_silence(before), without_silence(after)
    assert SOUND.pcm.startswith(first)
    assert SOUND.pcm.endswith(rest)
    twice = len(samples_of(first)) + len(samples_of(rest)) - SOUND.frames
    assert 0 <= twice < OVERLAP_FRAMES


async def test_a_killed_child_is_replaced_and_the_sound_goes_on(start_pulse: StartPulse, tmp_path: Path) -> None:
    with recording(start_pulse(48000), tmp_path / "heard") as recorder:
        async with playing() as (_, task):
            os.kill(audio_children()[0], signal.SIGKILL)
            await asyncio.sleep(0.02)
            until_kill = recorder.heard()
            await task
    heard = recorder.stop()
    before, _, after = without_silence(heard).partition(bytes(1000))
    assert len(until_kill) < len(heard)
    assert_heard_on(before, after)


async def test_a_wedged_server_is_noticed_by_our_own_clock_and_the_sound_goes_on_when_it_is_replaced(
    start_pulse: StartPulse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "voxd")
    server = start_pulse(48000)
    with recording(server, tmp_path / "before") as recorder:
        async with playing() as (_, task):
            wedged, old = time.monotonic(), audio_children()
            server.freeze()
            await until(lambda: not set(audio_children()) & set(old))
            assert 0.3 < time.monotonic() - wedged < 1.5
            server.kill()
            before = recorder.stop()
            server.start()
            with recording(server, tmp_path / "after") as second:
                await task
    assert_heard_on(before, second.stop())
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert said == [
        "The sound device of kitchen is lost: it took no sound for 0.4 s",
        "The sound device of kitchen is back",
    ]


async def test_a_server_that_was_only_asleep_is_used_again(start_pulse: StartPulse, tmp_path: Path) -> None:
    server = start_pulse(48000)
    with recording(server, tmp_path / "heard") as recorder:
        async with playing() as (_, task):
            server.freeze()
            await asyncio.sleep(1.0)
            server.thaw()
            await task
            await asyncio.sleep(0.05)
    assert without_silence(recorder.stop()).endswith(SOUND.pcm[-2 * 20_000 :])


async def test_a_killed_server_that_comes_back_plays_the_rest(start_pulse: StartPulse, tmp_path: Path) -> None:
    server = start_pulse(48000)
    with recording(server, tmp_path / "before") as recorder:
        async with playing() as (_, task):
            server.kill()
            before = recorder.stop()
            await asyncio.sleep(0.5)
            server.start()
            with recording(server, tmp_path / "after") as second:
                await task
    assert_heard_on(before, second.stop())


async def test_a_device_that_stays_away_is_given_up_and_the_next_sound_fails_at_once(
    start_pulse: StartPulse,
) -> None:
    server = start_pulse(48000)
    async with playing(give_up_s=0.8) as (output, task):
        server.kill()
        lost = time.monotonic()
        with pytest.raises(OutputError, match="device of kitchen does not work"):
            await task
        assert 0.7 < time.monotonic() - lost < 4
        again = time.monotonic()
        with pytest.raises(OutputError):
            await output.play(sound_of(SOUND))
        assert time.monotonic() - again < 1


async def test_a_server_that_was_replaced_between_two_sounds_is_found_again(
    start_pulse: StartPulse, tmp_path: Path
) -> None:
    server = start_pulse(48000)
    output = DeviceOutput("kitchen", DeviceOutputSettings(), WATCHFUL)
    await output.play(sound_of(noise(0.1)))
    server.kill()
    server.start()
    with recording(server, tmp_path / "heard") as recorder:
        await output.play(sound_of(SOUND))
        await asyncio.sleep(0.1)
    await output.stop()
    assert without_silence(recorder.stop()) == SOUND.pcm


async def test_a_child_that_died_while_idle_is_replaced(start_pulse: StartPulse, tmp_path: Path) -> None:
    with recording(start_pulse(48000), tmp_path / "heard") as recorder:
        output = DeviceOutput("kitchen", DeviceOutputSettings(), WATCHFUL)
        await output.start()
        os.kill(audio_children()[0], signal.SIGKILL)
        await output.play(sound_of(SOUND))
        await asyncio.sleep(0.1)
        await output.stop()
    assert without_silence(recorder.stop()) == SOUND.pcm


async def test_an_idle_child_is_no_load_and_does_not_outlive_its_parent(start_pulse: StartPulse) -> None:
    start_pulse(48000)
    output = DeviceOutput("kitchen", DeviceOutputSettings(), PlaybackSettings(idle_close_s=0.1))
    await output.play(sound_of(noise(0.1)))
    await asyncio.sleep(0.7)
    (pid,) = audio_children()
    before = Path(f"/proc/{pid}/stat").read_text().split()[13:15]
    await asyncio.sleep(0.5)
    assert Path(f"/proc/{pid}/stat").read_text().split()[13:15] == before
    await output.stop()
    assert not Path(f"/proc/{pid}").exists()


async def test_a_child_ends_when_its_parent_is_killed(start_pulse: StartPulse, tmp_path: Path) -> None:
    start_pulse(48000)
    script = (
        "import asyncio\n"
        "from voxd.delivery.outputs.audio_child import AudioChild\n"
        "async def main():\n"
        "    child = await AudioChild.start(); await child.devices(); print(child.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout
    child = int(await parent.stdout.readline())
    assert not has_ended(child)
    parent.kill()
    await parent.wait()
    await until(lambda: has_ended(child))
