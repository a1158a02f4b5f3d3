"""The play log: what was heard, and when, written so that a kill -9 loses nothing of it."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

START, END = "start", "end"


@dataclass(frozen=True)
class Line:
    """A word began or was heard to its end, in the process `pid`, at a moment of CLOCK_MONOTONIC."""

    kind: str
    word: str
    pid: int
    at_s: float


class PlayLog:
    """A file that many processes may add to; what was added survives all but a power cut."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._descriptor: int | None = None

    def note(self, kind: str, word: str) -> None:
        """Add a line; one write, so that no two lines are ever mixed."""
        if self._descriptor is None:
            self._descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(self._descriptor, f"{kind} {word} {os.getpid()} {time.monotonic_ns()}\n".encode())

    @property
    def size(self) -> int:
        """Grows with each line; cheap to look at."""
        return self._file.stat().st_size if self._file.exists() else 0

    def __iter__(self) -> Iterator[Line]:
        """All that was noted until now, in order."""
        if not self._file.exists():
            return
        for line in self._file.read_text().splitlines():
            kind, word, pid, at_ns = line.split(" ")
            yield Line(kind, word, int(pid), int(at_ns) / 1e9)
