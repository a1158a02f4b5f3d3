"""What the journal forgets: what is too old, what is too much, and what is left of it. It blocks."""

import sqlite3
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from voxd.announcing.journal.connection import JournalConnection
from voxd.announcing.journal.rescue import forget_aside
from voxd.announcing.journal.schema import FORGET_OLDEST_SQL, FORGET_SQL, SPAN_SQL
from voxd.lib.clock import moment

AT_ONCE = 500
FORGET_EVERY_S = 3600.0
ANEW_AFTER_S = 60.0
ANEW_EVERY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept of what is over: for so long, so many rows, and so many bytes of the file."""

    history_s: float
    rows_max: int
    bytes_max: int = 64 * 1024 * 1024


class Upkeep:
    """Of one journal. Everything raises sqlite3.Error."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._has_remnants = True
        self._anew_at = 0.0

    def begin(self) -> None:
        """It was opened; it is not written anew while it may have most to do."""
        self._anew_at = time.monotonic() + ANEW_AFTER_S

    def forget(self, connection: JournalConnection) -> float:
        """Delete some of what is too old; in how many seconds to do so again."""
        values = {"history_s": self._limits.history_s, "at_once": AT_ONCE, **asdict(moment())}
        (forgotten,) = connection.commit([(FORGET_SQL, values)])
        self._has_remnants |= forgotten > 0
        if forgotten == AT_ONCE:
            return 0.0
        if self._has_remnants and time.monotonic() >= self._anew_at:
            self._has_remnants = not connection.write_anew()
            self._anew_at = time.monotonic() + min(ANEW_EVERY_S, self._limits.history_s)
        forget_aside(self._path, self._limits.history_s)
        until_anew_s = max(0.0, self._anew_at - time.monotonic())
        return min(FORGET_EVERY_S, until_anew_s) if self._has_remnants and until_anew_s else FORGET_EVERY_S

    def trim(self, connection: JournalConnection) -> None:
        """Delete the oldest of what is over, where there is too much of it."""
        oldest, newest = connection.sqlite.execute(SPAN_SQL).fetchone()
        up_to = newest - self._limits.rows_max
        if up_to < oldest + AT_ONCE:
            if _bytes(connection.sqlite) <= self._limits.bytes_max:
                return
            up_to = newest
        connection.commit([(FORGET_OLDEST_SQL, {"up_to": up_to, "at_once": 2 * AT_ONCE})])
        self._has_remnants = True


def _bytes(sqlite: sqlite3.Connection) -> int:
    """What the rows take."""
    names = ("page_count", "freelist_count", "page_size")
    pages, free, each = (int(sqlite.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
    return (pages - free) * each
