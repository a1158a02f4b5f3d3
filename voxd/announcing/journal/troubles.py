"""What is wrong with the journal's file, told to the owner once, and once that it is well again."""

import logging
from collections.abc import Callable
from pathlib import Path

from voxd.announcing.journal.rescue import Rescued

log = logging.getLogger(__name__)


class Troubles:
    """Used by one thread at a time; `warn` takes sentences for the owner."""

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self.now = ""
        self._path = path
        self._warn = warn
        self._told: set[str] = set()

    def begin(self, why: str) -> None:
        """It cannot be used; each reason is told once."""
        self.now = why
        if why in self._told:
            return
        self._told.add(why)
        what = f"The journal {self._path} cannot be written: {why}"
        log.error("%s; nothing new is accepted until it can, and what waits is spoken", what)
        self._warn(f"{what}. Nothing new is accepted until it can; what waits is spoken.")

    def over(self) -> None:
        """It can be written."""
        if self.now:
            self.now = ""
            self._told.clear()
            log.warning("The journal can be written again")
            self._warn("The journal can be written again.")

    def rescued(self, rescued: Rescued, why: str) -> None:
        """It was damaged, and a new one was begun."""
        found = f"{rescued.rows} announcements were read back, {rescued.under_way} of them not over"
        kept = f"; what was there is kept as {rescued.aside.name}" if rescued.aside else ""
        what = f"The journal {self._path} was damaged ({why}): {found}{kept}"
        log.error("%s", what)
        self._warn(f"{what}.")
