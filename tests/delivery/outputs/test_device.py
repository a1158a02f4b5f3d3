"""Promises of the device output, listened to at the sink of a real PulseAudio."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from sound_servers import PulseServer, alsa_file_config, recording
from sounds import noise, pieces_of, samples_of, sound_of, tone, without_silence

from voxd.delivery.outputs.device import DeviceOutput
from voxd.errors import EngineError, OutputError
from voxd.model.audio import AudioFormat, Chunk
from voxd.settings import DeviceOutputSettings, PlaybackSettings

pytestmark = pytest.mark.realtime

StartPulse = Callable[[int], PulseServer]
QUICK = PlaybackSettings(idle_close_s=0.1, latency_ms=250, lead_out_ms=100)
"""The latency lets a busy machine be late without a gap in what is heard."""


@asynccontextmanager
async def started(
    zone: DeviceOutputSettings | None = None, playback: PlaybackSettings = QUICK
) -> AsyncIterator[DeviceOutput]:
    output = DeviceOutput("kitchen", zone or DeviceOutputSettings(), playback)
    await output.start()
    try:
        yield output
    finally:
        await output.stop()


@pytest.mark.parametrize("rate_hz", [22050, 44100, 48000])
async def test_what_is_heard_equals_the_sound_sample_for_sample(
    rate_hz: int, start_pulse: StartPulse, tmp_path: Path
) -> None:
    server, sound = start_pulse(rate_hz), noise(0.5, rate_hz)
    with recording(server, tmp_path / "heard") as recorder:
        async with started() as output:
            await output.play(sound_of(*pieces_of(sound, 1024)))
    heard = recorder.stop()
    assert without_silence(heard) == sound.pcm


async def test_play_returns_when_the_last_sample_was_heard(start_pulse: StartPulse, tmp_path: Path) -> None:
    server, sound = start_pulse(48000), noise(0.4)
    with recording(server, tmp_path / "heard") as recorder:
        async with started() as output:
            await output.play(sound_of(sound))
            await asyncio.sleep(0.05)  # what the recorder lags behind
            heard = recorder.heard()
    assert without_silence(heard) == sound.pcm
    silent_since = len(samples_of(heard)) - np.flatnonzero(samples_of(heard))[-1]
    assert silent_since < 0.3 * 48000


async def test_one_sound_after_the_other_is_heard_whole(start_pulse: StartPulse, tmp_path: Path) -> None:
    server, sounds = start_pulse(48000), [noise(0.2, seed=seed) for seed in range(3)]
    with recording(server, tmp_path / "heard") as recorder:
        async with started(playback=PlaybackSettings(idle_close_s=0.0, latency_ms=250)) as output:
            for sound in sounds:
                await output.play(sound_of(sound))
                await asyncio.sleep(0.15)
    heard = recorder.stop()
    assert all(sound.pcm in heard for sound in sounds)


async def test_another_rate_is_played_as_it_is_once_the_stream_is_idle(start_pulse: StartPulse, tmp_path: Path) -> None:
    server = start_pulse(22050)
    with recording(server, tmp_path / "heard") as recorder:
        async with started(playback=PlaybackSettings(idle_close_s=60, latency_ms=250)) as output:
            await output.play(sound_of(tone(0.1, 48000)))
            await output.play(sound_of(sound := noise(0.2, 22050)))
    assert sound.pcm in recorder.stop()


async def test_a_sound_is_resampled_to_the_rate_that_the_owner_chose(start_pulse: StartPulse, tmp_path: Path) -> None:
    server = start_pulse(48000)
    with recording(server, tmp_path / "heard") as recorder:
        async with started(DeviceOutputSettings(rate_hz=48000)) as output:
            await output.play(sound_of(tone(0.25, 22050), tone(0.25, 44100)))
    heard = samples_of(without_silence(recorder.stop())).astype(float)
    assert abs(len(heard) - 24000) < 48
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), n=48000)) * 4 / len(heard)
    assert abs(int(spectrum.argmax()) - 440) <= 1
    assert spectrum.max() == pytest.approx(16000, rel=0.02)
    assert spectrum[1500:].max() < 16000 * 10 ** (-50 / 20)


async def test_a_slow_sound_gets_silence_in_its_gaps_and_loses_nothing_and_the_owner_is_told(
    start_pulse: StartPulse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "voxd")
    server, first, second = start_pulse(48000), noise(0.2, seed=1), noise(0.2, seed=2)

    async def slow() -> AsyncGenerator[Chunk, None]:
        yield first
        await asyncio.sleep(0.6)
        yield second

    with recording(server, tmp_path / "heard") as recorder:
        async with started() as output:
            await output.play(slow())
    assert [record.getMessage() for record in caplog.records] == [
        "A sound for kitchen came too late; gaps filled with silence: 1"
    ]
    before, silence, after = without_silence(recorder.stop()).partition(bytes(2000))
    assert before == first.pcm
    assert silence
    assert without_silence(after) == second.pcm


async def test_cancelled_it_falls_silent_within_a_tenth_of_a_second_and_without_a_click(
    start_pulse: StartPulse, tmp_path: Path
) -> None:
    server = start_pulse(48000)
    with recording(server, tmp_path / "heard") as recorder:
        async with started(playback=PlaybackSettings()) as output:
            playing = asyncio.create_task(output.play(sound_of(tone(3.0))))
            await asyncio.sleep(0.6)
            playing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await playing
            cancelled_at = len(samples_of(recorder.heard()))
            await asyncio.sleep(0.4)
            heard = samples_of(recorder.heard()).astype(int)
            await output.play(sound_of(noise(0.1)))
    last = int(np.flatnonzero(heard)[-1])
    assert 0 <= last - cancelled_at < 0.15 * 48000
    assert np.abs(np.diff(heard[last - 2000 : last + 2])).max() < 1000
    assert noise(0.1).pcm in recorder.stop()


async def test_what_was_made_before_the_sound_failed_is_heard_and_the_failure_told(
    start_pulse: StartPulse, tmp_path: Path
) -> None:
    server = start_pulse(48000)

    async def failing() -> AsyncGenerator[Chunk, None]:
        yield noise(0.3)
        raise EngineError("The engine gave up")

    with recording(server, tmp_path / "heard") as recorder:
        async with started() as output:
            with pytest.raises(EngineError, match="gave up"):
                await output.play(failing())
    assert without_silence(recorder.stop()) == noise(0.3).pcm


async def test_no_more_than_a_few_seconds_are_taken_from_the_sound_ahead(start_pulse: StartPulse) -> None:
    start_pulse(48000)
    taken = 0

    async def endless() -> AsyncGenerator[Chunk, None]:
        nonlocal taken
        while True:
            taken += 4800
            yield noise(0.1)

    async with started() as output:
        playing = asyncio.create_task(output.play(endless()))
        await asyncio.sleep(0.5)
        assert taken < 48000 * 4
        playing.cancel()
        await asyncio.wait((playing,))


async def test_a_device_that_does_not_exist_is_refused_with_the_names_of_those_that_do(
    start_pulse: StartPulse,
) -> None:
    start_pulse(48000)
    output = DeviceOutput("kitchen", DeviceOutputSettings(device="Boombox"), QUICK)
    with pytest.raises(OutputError, match="no sound device 'Boombox'; there are: 'default'"):
        await output.start()
    with pytest.raises(OutputError, match="Boombox"):
        await output.play(sound_of(noise(0.1)))
    await output.stop()


async def test_without_any_device_it_says_so(no_device: None) -> None:
    output = DeviceOutput("kitchen", DeviceOutputSettings(), QUICK)
    with pytest.raises(OutputError, match="no default device"):
        await output.start()
    await output.stop()


async def test_alsas_file_device_gets_the_very_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, file = alsa_file_config(tmp_path)
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
    sound = Chunk(AudioFormat(24000, 2), noise(0.4, 24000).pcm)
    async with started() as output:
        await output.play(sound_of(sound))
    assert without_silence(file.read_bytes()) == sound.pcm


async def test_a_sound_much_shorter_than_the_devices_buffer_is_heard_whole(
    start_pulse: StartPulse, tmp_path: Path
) -> None:
    server = start_pulse(48000)
    with recording(server, tmp_path / "heard") as recorder:
        async with started(playback=PlaybackSettings(latency_ms=2000, idle_close_s=0)) as output:
            await output.play(sound_of(noise(0.05)))
    assert without_silence(recorder.stop()) == noise(0.05).pcm
