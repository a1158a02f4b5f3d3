"""The whole daemon with one part changed: its output tells when the first PCM of an announcement reaches it.

python -m tests.bench.peers.stamping_daemon FILE
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from voxd.app import House
from voxd.model.audio import Chunk
from voxd.settings import OutputSettings, PlaybackSettings
from voxd.settings_file import load

from ..stamps import Stamper


class StampingOutput:
    """An output that hears everything at once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._stamper = Stamper()

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Nothing to close."""

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        """Tell when the first sample comes; take the rest."""
        told = False
        async for chunk in sound:
            if chunk.frames and not told:
                self._stamper.stamp()
                told = True


def output_for(name: str, output: OutputSettings, playback: PlaybackSettings, recordings: Path) -> StampingOutput:
    """The output of every zone."""
    return StampingOutput(name)


def main(config: Path) -> None:
    """Run the daemon until it is asked to end."""
    settings = load(config)
    asyncio.run(House(settings, lambda: settings, output_for).daemon.run())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
