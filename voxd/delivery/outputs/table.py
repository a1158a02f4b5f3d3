"""The one table of outputs: which one a zone's settings ask for."""

import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from voxd.delivery.output import Output
from voxd.delivery.outputs.device import DeviceOutput
from voxd.delivery.outputs.wav_files import WavFiles
from voxd.errors import OutputError
from voxd.model.audio import Chunk
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

log = logging.getLogger(__name__)


def output_for(
    name: str,
    settings: OutputSettings,
    playback: PlaybackSettings,
    recordings: Path,
    on_written: Callable[[Path], None] | None = None,
    mqtt: MqttSettings | None = None,
    node: str = "",
) -> Output:
    """The output of that name, which the settings ask for; `recordings` is where WAV files go, if they do.

    `mqtt` leads to the broker of audio servers, where we are `node`.
    """
    files = WavFiles(name, recordings, playback.files_kept, on_written)
    match settings:
        case DeviceOutputSettings(type="device"):
            return DeviceOutput(name, settings, playback)
        case DeviceOutputSettings():
            return AutomaticOutput(DeviceOutput(name, settings, playback), files)
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


class AutomaticOutput:
    """The first output if it works when it is started, else the second."""

    def __init__(self, preferred: Output, instead: Output) -> None:
        self.name = preferred.name
        self._preferred, self._instead = preferred, instead
        self._chosen = preferred

    async def start(self) -> None:
        """Choose. Raises OutputError if neither works."""
        try:
            await self._preferred.start()
            self._chosen = self._preferred
        except OutputError as error:
            log.info("What is said in %s is recorded into files instead: %s", self.name, error)
            await self._instead.start()
            self._chosen = self._instead

    async def stop(self) -> None:
        """Undo start."""
        await self._chosen.stop()

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        """Play on the output that was chosen. Raises OutputError."""
        await self._chosen.play(sound)
