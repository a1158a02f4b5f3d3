"""The one table of outputs: which one a zone's settings ask for."""

import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from voxd.delivery.output import Output
from voxd.delivery.outputs.device import DeviceOutput
from voxd.delivery.outputs.wav_files import WavFiles
from voxd.errors import OutputError
from voxd.model.audio import Chunk
from voxd.settings import PlaybackSettings, ZoneSettings

log = logging.getLogger(__name__)


def output_for(
    name: str,
    zone: ZoneSettings,
    playback: PlaybackSettings,
    recordings: Path,
    on_written: Callable[[Path], None] | None = None,
) -> Output:
    """The output of the zone of this name; `recordings` is where WAV files go, if they do."""
    device = DeviceOutput(name, zone, playback)
    files = WavFiles(name, recordings, playback.files_kept, on_written)
    outputs: dict[str, Output] = {"device": device, "file": files, "auto": AutomaticOutput(device, files)}
    return outputs[zone.output]


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
