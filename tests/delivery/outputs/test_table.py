"""Promises of choosing an output by the settings."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from sound_servers import PulseServer
from sounds import noise, sound_of

from voxd.delivery.output import Output
from voxd.delivery.outputs.device import DeviceOutput
from voxd.delivery.outputs.hermes import HermesOutput
from voxd.delivery.outputs.satellite import SatelliteOutput
from voxd.delivery.outputs.snapcast import SnapcastOutput
from voxd.delivery.outputs.table import output_for
from voxd.delivery.outputs.wav_files import WavFiles
from voxd.settings import (
    DeviceOutputSettings,
    FileOutputSettings,
    HermesOutputSettings,
    OutputSettings,
    PlaybackSettings,
    SatelliteOutputSettings,
    SnapcastOutputSettings,
)

PLAYBACK = PlaybackSettings()


def test_the_owners_choice_is_kept(tmp_path: Path) -> None:
    assert isinstance(output_for("hall", DeviceOutputSettings(type="device"), PLAYBACK, tmp_path), DeviceOutput)
    assert isinstance(output_for("hall", FileOutputSettings(), PLAYBACK, tmp_path), WavFiles)


@pytest.mark.parametrize(
    ("settings", "made"),
    [
        (SatelliteOutputSettings(host="kitchen.lan"), SatelliteOutput),
        (SnapcastOutputSettings(), SnapcastOutput),
        (HermesOutputSettings(site="kitchen"), HermesOutput),
    ],
    ids=lambda value: getattr(value, "type", ""),
)
async def test_every_type_has_an_output_of_that_name(
    settings: OutputSettings, made: type[Output], tmp_path: Path
) -> None:
    output = output_for("hall", settings, PLAYBACK, tmp_path)
    assert isinstance(output, made)
    assert output.name == "hall"


async def test_without_a_device_files_are_written_and_that_is_said_once(
    no_device: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    told: list[Path] = []
    output = output_for("hall", DeviceOutputSettings(), PLAYBACK, tmp_path / "files", told.append)
    await output.start()
    for _ in range(2):
        await output.play(sound_of(noise(0.1)))
    await output.stop()
    assert len(told) == 2
    assert caplog.text.count("What is said in hall is recorded into files instead: PortAudio gave up") == 1


async def test_with_a_device_no_file_is_written(start_pulse: Callable[[int], PulseServer], tmp_path: Path) -> None:
    start_pulse(48000)
    output = output_for("hall", DeviceOutputSettings(), PLAYBACK, tmp_path / "files")
    await output.start()
    await output.play(sound_of(noise(0.1)))
    await output.stop()
    assert not (tmp_path / "files").exists()
