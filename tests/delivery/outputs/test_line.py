"""Promises of the line to a device."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sound_servers import PulseServer
from waiting import until

from voxd.delivery.outputs.audio_child import DeviceLostError
from voxd.delivery.outputs.line import Line
from voxd.errors import OutputError
from voxd.model.audio import AudioFormat
from voxd.settings import DeviceOutputSettings, PlaybackSettings

StartPulse = Callable[[int], PulseServer]
MONO_22 = AudioFormat(22050)


async def test_an_idle_line_gives_up_its_child_and_gets_another_when_needed(start_pulse: StartPulse) -> None:
    start_pulse(48000)
    line = Line(DeviceOutputSettings(), PlaybackSettings(idle_close_s=0.05), child_kept_s=0.05)
    assert await line.open(MONO_22) == MONO_22
    first = Path(f"/proc/{line.child.pid}")
    line.rest(sounded=False)
    await until(lambda: not first.exists())
    assert await line.open(MONO_22) == MONO_22
    await line.stop()
    with pytest.raises(DeviceLostError):
        _ = line.child


async def test_whoever_comes_before_the_end_of_the_rest_finds_the_same_child(start_pulse: StartPulse) -> None:
    start_pulse(48000)
    line = Line(DeviceOutputSettings(), PlaybackSettings(idle_close_s=0.05))
    await line.open(MONO_22)
    child = line.child
    for rest_s in (0.0, 0.04, 0.06, 0.2):
        line.rest(sounded=True)
        await asyncio.sleep(rest_s)
        await line.open(MONO_22)
    assert line.child is child
    await line.stop()


async def test_the_stream_has_the_rate_of_the_sound_unless_the_owner_chose_one(start_pulse: StartPulse) -> None:
    start_pulse(48000)
    free, fixed = (Line(DeviceOutputSettings(rate_hz=rate_hz), PlaybackSettings()) for rate_hz in (None, 44100))
    for wished in (MONO_22, AudioFormat(48000), AudioFormat(24000, 2)):
        assert await free.open(wished) == wished
    assert await fixed.open(MONO_22) == AudioFormat(44100)
    await free.stop()
    await fixed.stop()


@pytest.fixture
def only_44100(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that takes one rate and no other, as hardware does: ALSA's encoder for digital receivers."""
    config = tmp_path / "strict"
    encoder = 'type a52 rate 44100 channels 2 bitrate 192 format S16_LE slavepcm "nil"'
    config.write_text(f"pcm.nil {{ type null }}\npcm.!default {{ {encoder} }}\n")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))


async def test_a_rate_that_the_device_refuses_gives_way_to_its_own(only_44100: None) -> None:
    line = Line(DeviceOutputSettings(), PlaybackSettings())
    assert await line.open(MONO_22) == AudioFormat(44100)
    await line.drop()


async def test_a_rate_of_the_owners_that_the_device_refuses_is_named(only_44100: None) -> None:
    line = Line(DeviceOutputSettings(rate_hz=48000), PlaybackSettings())
    with pytest.raises(OutputError, match=r"'default' cannot be opened at 48000 Hz: .*Invalid sample rate"):
        await line.open(MONO_22)
    await line.stop()
