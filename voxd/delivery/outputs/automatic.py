"""A sound device where there is one, else WAV files until there is."""

import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

from voxd.delivery.ensemble import Ensemble, StepKeeper
from voxd.delivery.output import Output
from voxd.errors import OutputError
from voxd.model.audio import Chunk

log = logging.getLogger(__name__)

CARDS = Path("/proc/asound/cards")
"""What the kernel has; it changes when a USB loudspeaker is plugged in."""
TRY_EVERY_S = 600.0
"""A sound server that comes changes nothing there; to ask it takes a process."""


class AutomaticOutput:
    """The first output as soon as it works, until then the second; once it has worked it is waited for when lost."""

    def __init__(self, preferred: Output, instead: Output, cards: Path = CARDS) -> None:
        self.name = preferred.name
        self._preferred, self._instead, self._cards = preferred, instead, cards
        self._chosen = preferred
        self._has_worked = False
        self._cards_tried = b""
        self._tried_at = 0.0

    async def start(self) -> None:
        """Choose. Raises OutputError if neither works, or if the first does not any more."""
        self._note_try()
        try:
            await self._preferred.start()
        except OutputError as error:
            if self._has_worked:
                raise
            log.info("What is said in %s is recorded into files instead: %s", self.name, error)
            await self._instead.start()
            self._chosen = self._instead
        else:
            self._chosen, self._has_worked = self._preferred, True

    async def stop(self) -> None:
        """Undo start."""
        self._has_worked = False
        await self._preferred.stop()
        await self._instead.stop()

    async def look(self) -> None:
        """See whether there is a device by now."""
        if self._chosen is self._preferred or not self._due():
            return
        self._note_try()
        try:
            await self._preferred.start()
        except OutputError as error:
            log.debug("%s still has no sound device: %s", self.name, error)
            return
        self._chosen, self._has_worked = self._preferred, True
        log.info("%s has a sound device now", self.name)

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        """Play on the output that was chosen. Raises OutputError."""
        await self._chosen.play(sound)

    async def play_in_step(self, sound: AsyncIterator[Chunk], ensemble: Ensemble) -> None:
        """See StepKeeper; a file keeps nobody waiting."""
        if isinstance(self._chosen, StepKeeper):
            await self._chosen.play_in_step(sound, ensemble)
            return
        with ensemble.part(self.name):
            """It is there, and gone."""
        await self._chosen.play(sound)

    def _due(self) -> bool:
        return self._cards_now() != self._cards_tried or time.monotonic() - self._tried_at > TRY_EVERY_S

    def _note_try(self) -> None:
        self._cards_tried, self._tried_at = self._cards_now(), time.monotonic()

    def _cards_now(self) -> bytes:
        try:
            return self._cards.read_bytes()
        except OSError:
            return b""
