"""The journal's connection to SQLite: opened, checked, committed by. Everything blocks and raises sqlite3.Error."""

import logging
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from voxd.announcing.journal.errors import DamageError, why
from voxd.announcing.journal.schema import PRAGMAS_SQL, VERSION, migrate, roll_back

log = logging.getLogger(__name__)

BUSY_TIMEOUT_S = 1.0
Statement = tuple[str, Mapping[str, object]]


class JournalConnection:
    """Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sqlite: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is one."""
        return self._sqlite is not None

    @property
    def sqlite(self) -> sqlite3.Connection:
        """What to ask."""
        if self._sqlite is None:
            raise sqlite3.OperationalError("it is not open")
        return self._sqlite

    def open(self) -> None:
        """Open or make the file, look whether it is damaged, and bring it to this version."""
        self._sqlite = sqlite = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S
        )
        sqlite.row_factory = sqlite3.Row
        try:
            sqlite.executescript(PRAGMAS_SQL)
            self.check()
            migrate(sqlite)
        except sqlite3.Error:
            self.close()
            raise
        self._identity = self._identity_now()

    def close(self) -> None:
        """Close it, if it is open."""
        if self._sqlite is not None:
            sqlite, self._sqlite = self._sqlite, None
            sqlite.close()

    def commit(self, statements: Sequence[Statement], *, synced: bool = True) -> list[int]:
        """Execute all of them, or nothing; how many rows each changed.

        What is not `synced` does not wait for the disk: it outlives this process, but maybe not a power cut.
        """
        self._check_identity()
        with self._syncing(synced):
            try:
                self.sqlite.execute("BEGIN IMMEDIATE")
                counts = [self.sqlite.execute(sql, values).rowcount for sql, values in statements]
                self.sqlite.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    roll_back(self.sqlite)
                raise
            self.sqlite.execute("PRAGMA shrink_memory")
        return counts

    def probe(self) -> None:
        """Write something that changes nothing."""
        self.commit([(f"PRAGMA user_version = {VERSION}", {})])

    def check(self) -> None:
        """Read all of it, so that damage is found."""
        (verdict,) = self.sqlite.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise DamageError(f"some pages of it are damaged: {' '.join(verdict.split())[:200]}")

    def empty_log(self) -> None:
        """Give the room of the log back, as far as nobody reads it and what it holds fits into the file."""
        with suppress(sqlite3.Error):
            self.sqlite.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def write_anew(self) -> bool:
        """Write the file anew, without what was deleted and the room that took; False where that cannot be now.

        SQLite's secure_delete overwrites what is deleted, but no copies that it left where it moved rows between pages.
        In rollback mode, since its log would become as large as the file.
        """
        try:
            self.sqlite.executescript("PRAGMA journal_mode = DELETE; VACUUM;")
        except sqlite3.OperationalError as error:
            log.info("The journal is not written anew for now, what was forgotten may be left in it: %s", why(error))
            return False
        finally:
            self._go_back_to_log()
        return True

    def _go_back_to_log(self) -> None:
        """Where somebody else reads the file just now, when it is opened next."""
        try:
            self.sqlite.executescript(PRAGMAS_SQL)
        except sqlite3.OperationalError:
            self.close()

    @contextmanager
    def _syncing(self, synced: bool) -> Iterator[None]:
        if synced:
            yield
            return
        self.sqlite.execute("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            self.sqlite.execute("PRAGMA synchronous = FULL")

    def _check_identity(self) -> None:
        """Whether the file is still the one that is open: what is written to one without a name is lost."""
        if self.is_open and self._identity_now() != self._identity:
            raise DamageError("it was removed or replaced while voxd runs")

    def _identity_now(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def check_writable(path: Path) -> None:
    """Make the file where it is not there. Raises the OSError that says why it cannot be written; SQLite would not."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with suppress(PermissionError):  # another's, but we may write it
        path.chmod(0o600)
