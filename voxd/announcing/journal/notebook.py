"""The notebook: a note stands here the moment it is made, until the journal's file holds it.

A file beside the journal that is only ever added to, one line for each note, so that a process that is killed takes
nothing with it that it knew. It need not outlive a power cut: for that there is the journal.
"""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from voxd.announcing.journal.notes import Jotting

log = logging.getLogger(__name__)

ERASED_FROM_BYTES = 64 * 1024
"""From this size on it is emptied whenever the journal holds all of it."""
BYTES_MAX = 4 * 1024 * 1024
"""Of notes that the journal has not taken; the next ones are kept in memory alone."""
MODE = 0o600


@dataclass(frozen=True, slots=True)
class Line:
    """A note as it was made: its number, and the values of NOTE_SQL."""

    number: int
    values: Mapping[str, object]


class Notebook:
    """Numbers notes from 1 on, over restarts too. A disk that refuses them is the journal's concern, not ours.

    While it `rests` it takes no room: what there is of it the journal needs.
    """

    def __init__(self, file: Path) -> None:
        self.rests = False
        self._file = file
        self._fd: int | None = None
        self._size = 0
        self._last = 0

    def lines(self) -> Iterator[Line]:
        """What stands in it, in order; what was cut off by the end of a process, or is damaged, is left out."""
        try:
            content = self._file.read_bytes()[:BYTES_MAX]
        except OSError:
            return
        for text in content.split(b"\n"):
            with suppress(ValueError, TypeError, RecursionError):
                number, values = json.loads(text)
                if isinstance(number, int) and isinstance(values, dict):
                    yield Line(number, values)

    def begin(self, last: int) -> None:
        """Begin anew, empty: the journal holds all of it, up to this number."""
        self._last = last
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._fd = os.open(self._file, flags, MODE)
            os.ftruncate(self._fd, 0)
        except OSError as error:
            log.warning("%s cannot be written: %s; what is noted may be lost when voxd is killed", self._file, error)
        self._size = 0

    def write(self, jotting: Jotting, held: int) -> int:
        """Add a note, and give its number. `held` is the last one that the journal holds."""
        if self._size >= ERASED_FROM_BYTES and held == self._last:
            self._erase()
        self._last += 1
        line = json.dumps([self._last, jotting.values()], ensure_ascii=False)
        data = f"\n{line}".encode(errors="replace")
        if self._fd is not None and not self.rests and self._size + len(data) <= BYTES_MAX:
            with suppress(OSError):
                self._size += os.write(self._fd, data)
        return self._last

    def close(self, held: int) -> None:
        """Close it, empty where the journal holds all of it."""
        if self._fd is None:
            return
        if held == self._last:
            self._erase()
        os.close(self._fd)
        self._fd = None

    def _erase(self) -> None:
        assert self._fd is not None, "what is written to is open"
        with suppress(OSError):
            os.ftruncate(self._fd, 0)
            self._size = 0
