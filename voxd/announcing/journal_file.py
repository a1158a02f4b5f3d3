"""The journal's file: transactions on it, questions to it, and forgetting. It blocks and raises sqlite3.Error."""

import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from voxd.announcing.journal_notes import jotting
from voxd.announcing.journal_rows import Note, Unfinished, unfinished
from voxd.announcing.journal_schema import FORGET_SQL, NOTE_SQL, UNFINISHED_SQL, migrate, roll_back
from voxd.lib.clock import moment
from voxd.model.announcement import State
from voxd.model.identifiers import AnnouncementId

log = logging.getLogger(__name__)

BUSY_TIMEOUT_S = 1.0


class JournalFile:
    """An SQLite file, used by one thread at a time."""

    def __init__(self, path: Path, history_s: float) -> None:
        self.path = path
        self._history_s = history_s
        self._connection: sqlite3.Connection | None = None

    @property
    def connection(self) -> sqlite3.Connection:
        """What it is open by."""
        if self._connection is None:
            raise sqlite3.OperationalError("the journal is not open")
        return self._connection

    def open(self) -> tuple[Unfinished, ...]:
        """Open or make the file, forget old history, and give what was left unfinished. Raises OSError, too."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S)
        self._connection = connection
        connection.row_factory = sqlite3.Row
        self.path.chmod(0o600)
        migrate(connection)
        self.forget()
        return tuple(self._unfinished())

    def close(self) -> None:
        """Close it, if it is open."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def write(self, statements: Sequence[tuple[str, Mapping[str, object]]]) -> list[int]:
        """Commit all of them together, or nothing; gives how many rows each changed."""
        connection = self.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            counts = [connection.execute(sql, values).rowcount for sql, values in statements]
            connection.execute("COMMIT")
        except BaseException:
            roll_back(connection)
            raise
        return counts

    def forget(self) -> None:
        """Delete what is older than the history is to be."""
        self.write([(FORGET_SQL, {"history_s": self._history_s, **asdict(moment())})])

    def _unfinished(self) -> Iterator[Unfinished]:
        """What was not ended; a row that this version cannot read is ended here, and does not stop the daemon."""
        now = moment()
        for found in self.connection.execute(UNFINISHED_SQL).fetchall():
            try:
                yield unfinished(found, now)
            except (ValueError, TypeError, KeyError) as error:
                id_ = AnnouncementId(found["id"])
                log.warning("The announcement %s in the journal cannot be read and is given up: %s", id_, error)
                ended = Note(id_, State.FAILED, "Its row in the journal cannot be read")
                self.write([(NOTE_SQL, jotting(ended, now).values())])
