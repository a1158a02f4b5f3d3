"""The journal's file: transactions on it, questions to it, forgetting, and its rescue. It blocks."""

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from voxd.announcing import journal_rescue as rescue
from voxd.announcing.journal_errors import DamageError, is_damage, is_full, may_be_full, why
from voxd.announcing.journal_notes import Jotting, jotting
from voxd.announcing.journal_rows import UNREADABLE, Note, Unfinished, unfinished
from voxd.announcing.journal_schema import (
    ADD_SQL,
    FORGET_OLDEST_SQL,
    FORGET_SQL,
    NOTE_SQL,
    PRAGMAS_SQL,
    RESTORE_SQL,
    SPAN_SQL,
    VERSION,
    WHOLE_SQL,
    migrate,
    roll_back,
)
from voxd.announcing.journal_under_way import Statement, UnderWay
from voxd.lib.clock import moment
from voxd.lib.reserve import Reserve
from voxd.lib.sqlite_wal import Log, read_log
from voxd.model.announcement import State
from voxd.model.identifiers import AnnouncementId

log = logging.getLogger(__name__)

BUSY_TIMEOUT_S = 1.0
COMPACT_EVERY_S = 86_400.0
FORGOTTEN_AT_ONCE = 500
RESERVE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept of what is over: for so long, so many rows, and so many bytes of the file."""

    history_s: float
    rows_max: int
    bytes_max: int = 64 * 1024 * 1024


class JournalFile:
    """An SQLite file, used by one thread at a time; with the connection of the moment, which damage replaces."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self._limits = limits
        self._reserve = Reserve(path.with_name(f"{path.stem}.reserve"), RESERVE_BYTES)
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._under_way = UnderWay()
        self._aside: tuple[Path | None, Log] | None = None
        self._has_remnants = True
        self._compact_at = 0.0

    @property
    def connection(self) -> sqlite3.Connection:
        """What it is open by, opened again where a rescue failed. Raises sqlite3.Error."""
        if self._connection is None:
            self._connect()
        assert self._connection is not None
        return self._connection

    def open(self, on_rescue: Callable[[rescue.Rescued, str], None]) -> tuple[Unfinished, ...]:
        """Open or make the file; what was left unfinished. What a rescue brought is told, and why it was needed.

        Raises OSError and sqlite3.Error.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if problem := self._opened_or_why():
            rescued = self._begin_anew(None)
            self._connect()
            on_rescue(rescued, problem)
        self._remember()
        return tuple(self._unfinished())

    def close(self) -> None:
        """Close it, if it is open."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()

    def write(self, new: Sequence[Statement], notes: Sequence[Jotting], *, synced: bool = True) -> list[int]:
        """Commit all of that together, or nothing; how many rows each of the new changed. Raises sqlite3.Error.

        What is not `synced` does not wait for the disk: it outlives this process, but maybe not a power cut.
        What is new comes before what became of it: the notes of an announcement never come before its row.
        """
        self._check_identity()
        with nullcontext() if synced else self._unsynced():
            counts = self._commit([*new, *((NOTE_SQL, note.values()) for note in notes)])
        for statement, count in zip(new, counts, strict=False):
            if count and statement[0] is ADD_SQL:
                self._under_way.committed(statement)
        self._under_way.noted(notes)
        return counts[: len(new)]

    @contextmanager
    def _unsynced(self) -> Iterator[None]:
        self.connection.execute("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            self.connection.execute("PRAGMA synchronous = FULL")

    def probe(self) -> None:
        """Write something that changes nothing. Raises sqlite3.Error where that cannot be."""
        self._check_identity()
        self._commit([(f"PRAGMA user_version = {VERSION}", {})])

    def has_room(self) -> bool:
        """Whether the disk has room for new announcements, and for the reserve that keeps room for old ones."""
        return self._reserve.make()

    def give_up_reserve(self) -> bool:
        """Have its room, and that of the log, for what must be noted; False where there is none."""
        given = self._reserve.release()
        if self._connection is not None:
            self.empty_log()
        self._reserve.note_full()
        return given

    def check(self) -> None:
        """Read all of it, so that damage is found. Raises sqlite3.Error."""
        (verdict,) = self.connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise DamageError(f"some pages of it are damaged: {' '.join(verdict.split())[:200]}")

    def empty_log(self) -> None:
        """Give the room of the log back, as far as nobody reads it and what it holds fits into the file."""
        with suppress(sqlite3.Error):
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def why(self, error: Exception) -> str:
        """What is wrong, for the owner."""
        return "the disk is full" if self.lacks_room(error) else why(error)

    def lacks_room(self, error: Exception) -> bool:
        """Whether what is missing is room on the disk; SQLite does not say so of all its files."""
        return is_full(error) or (may_be_full(error) and self._reserve.disk_is_full)

    def is_under_way(self, id_: object) -> bool:
        """Whether the file holds an announcement of that id that is not over."""
        return id_ in self._under_way

    def forget(self) -> bool:
        """Delete some of what is too old; True where there may be more. Raises OSError and sqlite3.Error."""
        values = {"history_s": self._limits.history_s, "at_once": FORGOTTEN_AT_ONCE, **asdict(moment())}
        (forgotten,) = self._commit([(FORGET_SQL, values)])
        self._has_remnants |= forgotten > 0
        if forgotten == FORGOTTEN_AT_ONCE:
            return True
        if self._has_remnants and time.monotonic() >= self._compact_at:
            self._has_remnants = not self._compacted()
            self._compact_at = time.monotonic() + min(COMPACT_EVERY_S, self._limits.history_s)
        rescue.forget_aside(self.path, self._limits.history_s)
        return False

    def trim(self) -> None:
        """Delete the oldest of what is over, where there is too much of it. Raises sqlite3.Error."""
        oldest, newest = self.connection.execute(SPAN_SQL).fetchone()
        up_to = newest - self._limits.rows_max
        if up_to < oldest + FORGOTTEN_AT_ONCE:
            if self._bytes() <= self._limits.bytes_max:
                return
            up_to = newest
        self._commit([(FORGET_OLDEST_SQL, {"up_to": up_to, "at_once": 2 * FORGOTTEN_AT_ONCE})])
        self._has_remnants = True

    def rescued(self) -> rescue.Rescued:
        """Begin anew with what can be read of a file found damaged, and with all that is under way.

        Raises OSError and sqlite3.Error.
        """
        rescued = self._begin_anew(self._under_way.statements())
        self._connect()
        self._remember()
        return rescued

    def _commit(self, statements: Sequence[tuple[str, Mapping[str, object]]]) -> list[int]:
        connection = self.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            counts = [connection.execute(sql, values).rowcount for sql, values in statements]
            connection.execute("COMMIT")
            connection.execute("PRAGMA shrink_memory")
        except BaseException:
            with suppress(sqlite3.Error):
                roll_back(connection)
            raise
        return counts

    def _opened_or_why(self) -> str:
        """Open it, or find why it needs rescue."""
        existed = self.path.exists()
        self._check_writable()
        logged = read_log(rescue.log_of(self.path))
        if logged.damaged:
            return "its log holds what was not written by SQLite"
        if not self.path.stat().st_size and (existed or logged.frames):
            return "it is empty"
        try:
            self._connect()
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            return why(error)
        return ""

    def _begin_anew(self, known: Sequence[Statement] | None) -> rescue.Rescued:
        """Where that fails it is tried again with what was set aside then: to close the file changes its log."""
        if self._aside is None:
            logged = read_log(rescue.log_of(self.path))
            self._aside = rescue.set_aside(self.path), logged
        aside, logged = self._aside
        with suppress(sqlite3.Error):
            self.close()
        try:
            rescued = rescue.begin_anew(self.path, aside, logged, known)
        except sqlite3.Error as error:
            if not self.lacks_room(error) or not self.give_up_reserve():
                raise
            rescued = rescue.begin_anew(self.path, aside, logged, known)
        self._aside = None
        rescue.forget_aside(self.path, self._limits.history_s)
        return rescued

    def _connect(self) -> None:
        try:
            self._connect_once()
        except sqlite3.Error as error:
            self.close()
            if not self.lacks_room(error) or not self.give_up_reserve():
                raise
            self._connect_once()

    def _connect_once(self) -> None:
        self._connection = connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S
        )
        connection.row_factory = sqlite3.Row
        connection.executescript(PRAGMAS_SQL)
        self.check()
        migrate(connection)
        self._identity = self._identity_now()

    def _check_writable(self) -> None:
        """Raise the OSError that says why not; SQLite would not tell it. The file is there then."""
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with suppress(PermissionError):  # another's, but we may write it
            self.path.chmod(0o600)

    def _check_identity(self) -> None:
        """Whether the file is still the one that is open: what is written to one without a name is lost."""
        if self._connection is not None and self._identity_now() != self._identity:
            raise DamageError("it was removed or replaced while voxd runs")

    def _identity_now(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _remember(self) -> None:
        self._under_way.clear()
        for found in self.connection.execute(WHOLE_SQL):
            self._under_way.committed((RESTORE_SQL, dict(found)))

    def _compacted(self) -> bool:
        """Write the file anew, without what was forgotten and the room that took; False where that cannot be now.

        SQLite's secure_delete overwrites what is deleted, but no copies that it left where it moved rows between pages.
        In rollback mode, since its log would become as large as the file.
        """
        try:
            self.connection.executescript("PRAGMA journal_mode = DELETE; VACUUM;")
        except sqlite3.OperationalError as error:
            log.info("The journal is not written anew for now, what was forgotten may be left in it: %s", why(error))
            return False
        finally:
            self._keep_log()
        return True

    def _keep_log(self) -> None:
        """Go back to a log; where somebody else reads the file just now, when it is used next."""
        try:
            self.connection.executescript(PRAGMAS_SQL)
        except sqlite3.OperationalError:
            self.close()

    def _bytes(self) -> int:
        """What the rows take."""
        names = ("page_count", "freelist_count", "page_size")
        pages, free, each = (int(self.connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
        return (pages - free) * each

    def _unfinished(self) -> Iterator[Unfinished]:
        """What was not ended; a row that this version cannot read is ended here, and does not stop the daemon."""
        now = moment()
        for found in self.connection.execute(WHOLE_SQL).fetchall():
            try:
                yield unfinished(found, now)
            except (ValueError, TypeError, KeyError) as error:
                id_ = AnnouncementId(found["id"])
                log.warning("The announcement %s in the journal cannot be read and is given up: %s", id_, error)
                ended = Note(id_, State.FAILED, UNREADABLE)
                self.write((), (jotting(ended, now),))
