"""The one table of outputs: which one a zone's settings ask for."""

from collections.abc import Callable
from pathlib import Path

from voxd.delivery.output import Output
from voxd.delivery.outputs.automatic import AutomaticOutput
from voxd.delivery.outputs.device import FADE_MS, DeviceOutput
from voxd.delivery.outputs.wav_files import WavFiles
from voxd.settings import (
    DeviceOutputSettings,
    FileOutputSettings,
    HermesOutputSettings,
    MqttSettings,
    OutputSettings,
    PlaybackSettings,
    SatelliteOutputSettings,
    SnapcastOutputSettings,
)


def output_for(
    name: str,
    settings: OutputSettings,
    playback: PlaybackSettings,
    recordings: Path,
    on_written: Callable[[Path], None] | None = None,
    mqtt: MqttSettings | None = None,
    node: str = "",
    fade_ms: int = FADE_MS,
) -> Output:
    """The output of that name, which the settings ask for; `recordings` is where WAV files go, if they do.

    `mqtt` leads to the broker of audio servers, where we are `node`. Devices fade out for `fade_ms` when interrupted.
    """
    files = WavFiles(name, recordings, playback.files_kept, on_written)
    match settings:
        case DeviceOutputSettings(type="device"):
            return DeviceOutput(name, settings, playback, fade_ms=fade_ms)
        case DeviceOutputSettings():
            return AutomaticOutput(DeviceOutput(name, settings, playback, fade_ms=fade_ms), files)
        case FileOutputSettings():
            return files
        case HermesOutputSettings():
            from voxd.delivery.outputs.hermes import HermesOutput

            return HermesOutput(name, settings, mqtt or MqttSettings(), f"voxd-{node}-output-{name}")
        case SatelliteOutputSettings():
            from voxd.delivery.outputs.satellite import SatelliteOutput

            return SatelliteOutput(name, settings)
        case SnapcastOutputSettings():
            from voxd.delivery.outputs.snapcast import SnapcastOutput

            return SnapcastOutput(name, settings)
