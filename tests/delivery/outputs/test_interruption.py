"""Promises of a device that is interrupted by an alarm: soon, and without a click."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sound_servers import PulseServer, Recorder, recording
from sounds import noise, samples_of, sound_of, tone

from voxd.delivery.outputs.device import DeviceOutput
from voxd.settings import DeviceOutputSettings, PlaybackSettings

pytestmark = pytest.mark.realtime

StartPulse = Callable[[int], PulseServer]
RATE_HZ = 48_000
ALARM = noise(0.3)
SOON_S = 0.3
SENTENCE = tone(5.0, RATE_HZ, 220.0)
OWN_STEP = int(np.abs(np.diff(samples_of(SENTENCE.pcm).astype(int))).max())


async def interrupted(output: DeviceOutput, recorder: Recorder, after_s: float) -> tuple[float, NDArray[np.int64]]:
    """Seconds until the alarm is heard, and every sample from the interruption to it."""
    playing = asyncio.create_task(output.play(sound_of(SENTENCE)))
    await asyncio.sleep(after_s)
    heard_before = len(recorder.heard()) // 2 * 2
    playing.cancel()
    with suppress(asyncio.CancelledError):
        await playing
    await output.play(sound_of(ALARM))
    await asyncio.sleep(0.1)
    pcm = recorder.heard()[heard_before:]
    onset = pcm.index(ALARM.pcm[:960])
    return onset / 2 / RATE_HZ, samples_of(pcm[:onset]).astype(np.int64)


@pytest.mark.parametrize("times", [5, pytest.param(100, marks=pytest.mark.soak)])
async def test_an_alarm_is_heard_within_300_ms_and_what_it_interrupts_fades_out_without_a_click(
    times: int, start_pulse: StartPulse, tmp_path: Path
) -> None:
    server = start_pulse(RATE_HZ)
    output = DeviceOutput("kitchen", DeviceOutputSettings(), PlaybackSettings())
    await output.start()
    waits_s = []
    with recording(server, tmp_path / "heard") as recorder:
        for number in range(times):
            wait_s, before = await interrupted(output, recorder, 0.7 + number % 7 * 0.013)
            waits_s.append(wait_s)
            assert np.abs(before).max() > 10_000, "Nothing was interrupted"
            assert np.abs(np.diff(before)).max() <= OWN_STEP + 100
            assert abs(before[-1]) < 400
    await output.stop()
    print(f"alarm to sound, {times} times: median {np.median(waits_s):.3f} s, max {max(waits_s):.3f} s")
    assert np.percentile(waits_s, 99) < SOON_S


@pytest.mark.parametrize("fade_ms", [0, 50])
async def test_the_owners_fade_is_as_long_as_chosen(fade_ms: int, start_pulse: StartPulse, tmp_path: Path) -> None:
    server = start_pulse(RATE_HZ)
    output = DeviceOutput("kitchen", DeviceOutputSettings(), PlaybackSettings(), fade_ms=fade_ms)
    await output.start()
    with recording(server, tmp_path / "heard") as recorder:
        playing = asyncio.create_task(output.play(sound_of(noise(5.0))))
        await asyncio.sleep(0.7)
        playing.cancel()
        await asyncio.wait((playing,))
        await asyncio.sleep(0.5)
        heard = recorder.heard()
    await output.stop()
    last = int(np.flatnonzero(samples_of(heard))[-1]) + 1
    begin = int(np.flatnonzero(samples_of(heard))[0])
    sounded = samples_of(heard)[begin:last]
    same = int((sounded == samples_of(noise(5.0).pcm)[: len(sounded)]).cumprod().sum())
    assert len(sounded) - same == pytest.approx(fade_ms * RATE_HZ / 1000, abs=0.005 * RATE_HZ)
