"""The journal's file, kept usable: with room on its disk, and begun anew where it is damaged. It blocks."""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from voxd.announcing.journal import rescue
from voxd.announcing.journal.connection import JournalConnection, Statement, check_writable
from voxd.announcing.journal.errors import is_damage, is_full, may_be_full, why
from voxd.announcing.journal.notebook import Notebook
from voxd.announcing.journal.notes import Jotting, jotting
from voxd.announcing.journal.rows import UNREADABLE, Note, Unfinished, unfinished
from voxd.announcing.journal.schema import ADD_SQL, HELD_SQL, HOLD_SQL, NOTE_SQL, RESTORE_SQL, WHOLE_SQL
from voxd.announcing.journal.under_way import UnderWay
from voxd.announcing.journal.upkeep import Limits, Upkeep
from voxd.lib.clock import moment
from voxd.lib.reserve import Reserve
from voxd.lib.sqlite_wal import Log, read_log
from voxd.model.announcement import State
from voxd.model.identifiers import AnnouncementId

log = logging.getLogger(__name__)

RESERVE_BYTES = 16 * 1024 * 1024
Result = TypeVar("Result")


class JournalFile:
    """An SQLite file, used by one thread at a time; with the connection of the moment, which damage replaces."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self._history_s = limits.history_s
        self._reserve = Reserve(path.with_name(f"{path.stem}.reserve"), RESERVE_BYTES)
        self._connection = JournalConnection(path)
        self._upkeep = Upkeep(path, limits)
        self._under_way = UnderWay()
        self._notebook = Notebook(path.with_name(f"{path.stem}.notes"))
        self._held = 0
        self._aside: tuple[Path | None, Log] | None = None

    def open(self, on_rescue: Callable[[rescue.Rescued, str], None]) -> tuple[Unfinished, ...]:
        """Open or make the file; what was left unfinished. What a rescue brought is told, and why it was needed.

        Raises OSError and sqlite3.Error.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if problem := self._opened_or_why():
            on_rescue(self._begun_anew(None), problem)
        self._catch_up()
        self._remember()
        self._upkeep.begin()
        return tuple(self._unfinished())

    def close(self) -> None:
        """Close it, if it is open."""
        self._connection.close()
        self._notebook.close(self._held)

    @property
    def connection(self) -> JournalConnection:
        """What it is open by; opened again where that failed before. Raises sqlite3.Error."""
        if not self._connection.is_open:
            self._connect()
        return self._connection

    def jot(self, jotting: Jotting) -> int:
        """Have a note outlive this process, and give its number. In the event loop, while others write."""
        return self._notebook.write(jotting, self._held)

    def write(
        self, new: Sequence[Statement], notes: Sequence[Jotting], *, synced: bool = True, held: int | None = None
    ) -> list[int]:
        """Commit all of that together, or nothing; how many rows each of the new changed. Raises sqlite3.Error.

        What is new comes before what became of it: the notes of an announcement never come before its row.
        All notes are `held` then up to that number, where one is given.
        """
        statements = [*new, *((NOTE_SQL, note.values()) for note in notes)]
        if held is not None:
            statements.append((HOLD_SQL, {"number": held}))
        counts = self.connection.commit(statements, synced=synced)[: len(new)]
        for statement, count in zip(new, counts, strict=True):
            if count and statement[0] is ADD_SQL:
                self._under_way.committed(statement)
        self._under_way.noted(notes)
        self._held = self._held if held is None else held
        return counts

    def is_under_way(self, id_: object) -> bool:
        """Whether the file holds an announcement of that id that is not over."""
        return id_ in self._under_way

    def check(self) -> None:
        """Read all of it, so that damage is found. Raises sqlite3.Error."""
        self.connection.check()

    def forget(self) -> float:
        """Delete some of what is too old; in how many seconds to do so again. Raises sqlite3.Error."""
        return self._upkeep.forget(self.connection)

    def trim(self) -> None:
        """Delete some of what is too much. Raises sqlite3.Error."""
        self._upkeep.trim(self.connection)

    # Its disk.

    def has_room(self) -> bool:
        """Whether the disk has room for new announcements, and for the reserve that keeps room for old ones."""
        has_room = self._reserve.make()
        self._notebook.rests = not has_room
        return has_room

    def give_up_reserve(self) -> bool:
        """Have its room, and that of the log, for what must be noted; False where there is none."""
        given = self._reserve.release()
        self._notebook.rests = True
        if self._connection.is_open:
            self._connection.empty_log()
        self._reserve.note_full()
        return given

    def lacks_room(self, error: Exception) -> bool:
        """Whether what is missing is room on the disk; SQLite does not say so of all its files."""
        return is_full(error) or (may_be_full(error) and self._reserve.disk_is_full)

    def why(self, error: Exception) -> str:
        """What is wrong, for the owner."""
        return "the disk is full" if self.lacks_room(error) else why(error)

    def _connect(self) -> None:
        self._with_room(self._connection.open)

    def _with_room(self, work: Callable[[], Result]) -> Result:
        """Do it; where the disk is full, in the room of the reserve."""
        try:
            return work()
        except sqlite3.Error as error:
            if not self.lacks_room(error) or not self.give_up_reserve():
                raise
            return work()

    # Its rescue.

    def rescued(self) -> rescue.Rescued:
        """Begin anew with what can be read of a file found damaged, and with all that is under way.

        Raises OSError and sqlite3.Error.
        """
        rescued = self._begun_anew([*self._under_way.statements(), (HOLD_SQL, {"number": self._held})])
        self._remember()
        return rescued

    def _opened_or_why(self) -> str:
        """Open it, or find why it needs rescue."""
        existed = self.path.exists()
        check_writable(self.path)
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

    def _begun_anew(self, known: Sequence[Statement] | None) -> rescue.Rescued:
        """Where that fails it is tried again with what was set aside then: to close the file changes its log."""
        if self._aside is None:
            logged = read_log(rescue.log_of(self.path))
            self._aside = rescue.set_aside(self.path), logged
        aside, logged = self._aside
        with suppress(sqlite3.Error):
            self._connection.close()
        rescued = self._with_room(lambda: rescue.begin_anew(self.path, aside, logged, known))
        self._aside = None
        rescue.forget_aside(self.path, self._history_s)
        self._connect()
        return rescued

    # What an earlier run noted.

    def _catch_up(self) -> None:
        """Bring into the file what stands in the notebook and it does not hold yet."""
        (held,) = self.connection.sqlite.execute(HELD_SQL).fetchone()
        self._held = max(held, 0)
        for line in self._notebook.lines():
            if line.number > self._held:
                # after a rescue it is not known what is held; what is noted twice must not count twice
                values = line.values if held >= 0 else {**line.values, "starts": 0, "tries": 0}
                self._with_room(partial(self._take_over, line.number, values))
        hold = [(HOLD_SQL, {"number": self._held})]
        self._with_room(partial(self.connection.commit, hold))
        self._notebook.begin(self._held)

    def _take_over(self, number: int, values: Mapping[str, object]) -> None:
        hold = (HOLD_SQL, {"number": number})
        try:
            self.connection.commit([(NOTE_SQL, values), hold], synced=False)
        except (sqlite3.ProgrammingError, sqlite3.IntegrityError, OverflowError) as error:
            log.warning("A note that an earlier run left cannot be read and is given up: %s", error)
        self._held = number

    def _remember(self) -> None:
        self._under_way.clear()
        for found in self.connection.sqlite.execute(WHOLE_SQL):
            self._under_way.committed((RESTORE_SQL, dict(found)))

    def _unfinished(self) -> Iterator[Unfinished]:
        """What was not ended; a row that this version cannot read is ended here, and does not stop the daemon."""
        now = moment()
        for found in self.connection.sqlite.execute(WHOLE_SQL).fetchall():
            try:
                yield unfinished(found, now)
            except (ValueError, TypeError, KeyError) as error:
                id_ = AnnouncementId(found["id"])
                log.warning("The announcement %s in the journal cannot be read and is given up: %s", id_, error)
                self.write((), (jotting(Note(id_, State.FAILED, UNREADABLE), now),))
