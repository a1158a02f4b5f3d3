"""The journal: every announcement and what became of it, in SQLite, committed before it is acknowledged.

SQLite runs in WAL mode with synchronous=FULL, so what was committed survives a crash and a power cut
(https://www.sqlite.org/pragma.html#pragma_synchronous). One thread owns the connection; whatever waits for
it when it becomes free shares one commit.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from pathlib import Path

from voxd.announcing.journal_rows import (
    ADD_SQL,
    FORGET_SQL,
    NOTE_SQL,
    REFUSE_SQL,
    SCHEMA_SQL,
    UNFINISHED_SQL,
    Unfinished,
    row,
    stored,
)
from voxd.errors import StorageError
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import AnnouncementId

log = logging.getLogger(__name__)

_BATCH_MAX = 1000
_CLOSE_TIMEOUT_S = 10.0
Write = tuple[str, tuple[object, ...], "asyncio.Future[int] | None"]


class Journal:
    """The journal of one daemon. All methods are called in the event loop."""

    def __init__(self, file: Path, history_days: float) -> None:
        self._file = file
        self._history_s = history_days * 86400
        self._writes: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self._unwritten: dict[object, Write] = {}
        self._thread: threading.Thread | None = None
        self._failing = False

    async def open(self) -> tuple[Unfinished, ...]:
        """Open or make the file, forget old history, and give what an earlier run left unfinished.

        Raises StorageError where the file cannot be used.
        """
        self._loop = asyncio.get_running_loop()
        try:
            connection, left = await asyncio.to_thread(self._opened)
        except (OSError, sqlite3.Error) as error:
            raise StorageError(f"The journal {self._file} cannot be opened: {error}") from error
        self._thread = threading.Thread(target=self._run, args=(connection,), name="journal", daemon=True)
        self._thread.start()
        return left

    async def close(self) -> None:
        """Write what still waits and close the file."""
        if self._thread is not None:
            self._writes.put(None)
            await asyncio.to_thread(self._thread.join, _CLOSE_TIMEOUT_S)
            self._thread = None

    async def add(self, announcement: Announcement) -> bool:
        """Commit a new announcement; False where its id is known already. Raises StorageError."""
        return await self._committed(ADD_SQL, row(announcement)) == 1

    async def refuse(self, id_: AnnouncementId, source: str, reason: str, excerpt: str) -> None:
        """Commit that something was refused. Raises StorageError."""
        now = time.time()
        await self._committed(REFUSE_SQL, (id_, source, now, now, reason, excerpt))

    def note(self, id_: AnnouncementId, state: State, reason: str = "", sentences_heard: int = 0) -> None:
        """Record a state without waiting; kept and written later where the disk refuses it now."""
        self._writes.put((NOTE_SQL, (state, reason, time.time(), sentences_heard, id_), None))

    async def alive(self) -> bool:
        """Whether the thread answers; used by the watchdog."""
        return self._thread is not None and self._thread.is_alive()

    def _committed(self, sql: str, values: tuple[object, ...]) -> "asyncio.Future[int]":
        done: asyncio.Future[int] = self._loop.create_future()
        if self._thread is None:
            done.set_exception(StorageError("The journal is closed"))
        else:
            self._writes.put((sql, values, done))
        return done

    def _opened(self) -> tuple[sqlite3.Connection, tuple[Unfinished, ...]]:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False, timeout=1.0)
        self._file.chmod(0o600)
        connection.executescript(SCHEMA_SQL)
        connection.execute(FORGET_SQL, (time.time() - self._history_s,))
        return connection, tuple(stored(*found) for found in connection.execute(UNFINISHED_SQL))

    def _run(self, connection: sqlite3.Connection) -> None:
        """The thread: gather what waits, commit it at once, tell those who wait."""
        closing = False
        while not closing:
            batch = [self._writes.get()]
            while len(batch) < _BATCH_MAX and not self._writes.empty():
                batch.append(self._writes.get())
            closing = None in batch
            self._write(connection, [write for write in batch if write is not None])
        connection.close()

    def _write(self, connection: sqlite3.Connection, batch: list[Write]) -> None:
        everything = [*self._unwritten.values(), *batch]
        try:
            connection.execute("BEGIN IMMEDIATE")
            counts = [connection.execute(sql, values).rowcount for sql, values, _ in everything]
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._put_back(connection, everything, error)
            return
        self._unwritten.clear()
        if self._failing:
            self._failing = False
            log.warning("The journal can be written again")
        self._settle([(done, count) for (_, _, done), count in zip(everything, counts, strict=True) if done])

    def _put_back(self, connection: sqlite3.Connection, batch: list[Write], error: sqlite3.Error) -> None:
        """Nothing of the batch was written: whoever waits learns it, the rest is tried with the next batch."""
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if not self._failing:
            self._failing = True
            log.error("The journal %s cannot be written: %s; nothing new is accepted until it can", self._file, error)
        self._unwritten = {values[-1]: (sql, values, None) for sql, values, done in batch if done is None}
        failure = StorageError(f"The journal cannot be written: {error}")
        self._settle([(done, failure) for _, _, done in batch if done])

    def _settle(self, results: "list[tuple[asyncio.Future[int], int | StorageError]]") -> None:
        if results and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_settle_all, results)


def _settle_all(results: "list[tuple[asyncio.Future[int], int | StorageError]]") -> None:
    for done, result in results:
        if done.done():
            continue
        if isinstance(result, StorageError):
            done.set_exception(result)
        else:
            done.set_result(result)
