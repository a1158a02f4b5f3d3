"""The journal: every announcement and what became of it, in SQLite, committed before it is acknowledged.

SQLite runs in WAL mode with synchronous=FULL, so what was committed survives a crash and a power cut
(https://www.sqlite.org/pragma.html#pragma_synchronous). One thread owns the connection; whatever waits for
it when it becomes free shares one commit.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar, cast

from voxd.announcing.journal.file import JournalFile
from voxd.announcing.journal.notes import jotting
from voxd.announcing.journal.orders import Entry, Jotted, Order, Question
from voxd.announcing.journal.rows import Note, Past, Unfinished, last_heard, past, row
from voxd.announcing.journal.schema import (
    ADD_SQL,
    FIND_SQL,
    HEARD_SQL,
    HISTORY_OF_SQL,
    HISTORY_SQL,
    IDS_SQL,
    REFUSE_SQL,
)
from voxd.announcing.journal.scribe import Scribe
from voxd.announcing.journal.troubles import Troubles
from voxd.announcing.journal.upkeep import Limits
from voxd.errors import StorageError
from voxd.lib.clock import moment
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import AnnouncementId, ZoneId

STUCK_AFTER_S = 30.0
"""A disk that wakes up, or a card that writes anew, stands still for long; a new daemon would have no other."""
Found = TypeVar("Found")


class Journal:
    """The journal of one daemon. All methods are called in the event loop.

    Of what is over it keeps about `rows_max`, and none that is older than `history_days`.
    `warn` is told, in sentences for the owner, what is wrong with the journal's file, and when it is well again.
    """

    def __init__(
        self,
        file: Path,
        history_days: float,
        warn: Callable[[str], None] = lambda _: None,
        rows_max: int = 100_000,
    ) -> None:
        self._file = JournalFile(file, Limits(history_days * 86400, rows_max))
        self._troubles = Troubles(file, self._warn_soon)
        self._scribe = Scribe(self._file, self._troubles)
        self._warn = warn
        self._pending = 0
        self._settled_at = 0.0

    async def open(self) -> tuple[Unfinished, ...]:
        """Open or make the file, and give what an earlier run left unfinished.

        A damaged file is set aside, and what can be read of it is kept. Raises StorageError where none can be used.
        """
        self._loop = asyncio.get_running_loop()
        try:
            left = await asyncio.to_thread(self._file.open, self._troubles.rescued)
        except (OSError, sqlite3.Error) as error:
            raise StorageError(f"The journal {self._file.path} cannot be opened: {self._file.why(error)}") from error
        self._scribe.start()
        return left

    async def close(self) -> None:
        """Write what still waits and close the file."""
        await self._scribe.stop()

    async def add(self, announcement: Announcement, zones: Iterable[ZoneId] = ()) -> bool:
        """Commit a new announcement, to be heard in `zones`; False where its id is known already.

        One that was refused under that id may be added. Raises StorageError.
        """
        values = row(announcement, zones or announcement.zones, moment())
        return await self._done(lambda done: Entry(ADD_SQL, values, done)) == 1

    async def refuse(self, id_: AnnouncementId, source: str, reason: str, excerpt: str) -> bool:
        """Commit that something was refused; False where its id is known already. Raises StorageError."""
        values = {"id": id_, "source": source, "reason": reason, "content": excerpt, **asdict(moment())}
        return await self._done(lambda done: Entry(REFUSE_SQL, values, done)) == 1

    def note(self, note: Note) -> None:
        """Record a state without waiting: it outlives this process, and later a power cut.

        Where the disk refuses it now it is kept and written later.
        Notes are written in their order. What is over stays over: notes after an end change nothing.
        """
        self._scribe.put(self._jotted(note))

    async def commit(self, note: Note) -> None:
        """Record a state, and wait until it and all notes before it are on the disk.

        Raises StorageError where that cannot be now; like any note it is kept and written later all the same.
        """
        await self._done(lambda done: self._jotted(note, done))

    async def history(self, limit: int, state: State | None = None) -> tuple[Past, ...]:
        """What was taken over or refused, the newest first, in that state if one is given. Raises StorageError."""
        values = {"limit": limit, "state": state}
        sql = HISTORY_SQL if state is None else HISTORY_OF_SQL

        def ask(connection: sqlite3.Connection) -> tuple[Past, ...]:
            return tuple(past(found) for found in connection.execute(sql, values))

        return await self._answer(ask)

    async def newest_ids(self, limit: int) -> tuple[AnnouncementId, ...]:
        """The ids of what was taken over or refused last, the newest first. Raises StorageError."""

        def ask(connection: sqlite3.Connection) -> tuple[AnnouncementId, ...]:
            return tuple(AnnouncementId(id_) for (id_,) in connection.execute(IDS_SQL, {"limit": limit}))

        return await self._answer(ask)

    async def find(self, id_: AnnouncementId) -> Past | None:
        """The announcement of that id, whatever its state; None where it is not known. Raises StorageError."""

        def ask(connection: sqlite3.Connection) -> Past | None:
            found = connection.execute(FIND_SQL, {"id": id_}).fetchone()
            return past(found) if found else None

        return await self._answer(ask)

    async def last_heard(self, zones: Iterable[ZoneId] = ()) -> Past | None:
        """Of what is over, what was heard last in one of these zones, in any where none is named.

        It may have been cut off before its end. None where nothing was. Raises StorageError.
        """
        where = frozenset(zones)

        def ask(connection: sqlite3.Connection) -> Past | None:
            return last_heard(connection.execute(HEARD_SQL), where, moment())

        return await self._answer(ask)

    @property
    def healthy(self) -> bool:
        """Whether whoever waits for a commit gets an answer; that answer may be that the disk is full."""
        stuck = self._pending > 0 and time.monotonic() - self._settled_at > STUCK_AFTER_S
        return self._scribe.alive and not stuck

    def _warn_soon(self, what: str) -> None:
        """Warn from any thread."""
        with suppress(RuntimeError):  # the loop has ended: there is nobody to warn
            self._loop.call_soon_threadsafe(self._warn, what)

    async def _answer(self, ask: Callable[[sqlite3.Connection], Found]) -> Found:
        return cast("Found", await self._done(lambda done: Question(ask, done)))

    def _jotted(self, note: Note, done: "asyncio.Future[Any] | None" = None) -> Jotted:
        made = jotting(note, moment())
        return Jotted(made, self._file.jot(made), done)

    async def _done(self, order: Callable[["asyncio.Future[Any]"], Order]) -> object:
        """Put an order and wait for what comes of it."""
        if not self._scribe.alive:
            raise StorageError("The journal is closed")
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if not self._pending:
            self._settled_at = time.monotonic()
        self._pending += 1
        self._scribe.put(order(done))
        try:
            return await done
        finally:
            self._pending -= 1
            self._settled_at = time.monotonic()
