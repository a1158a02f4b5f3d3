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
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from voxd.announcing.journal_rows import (
    ADD_SQL,
    FORGET_SQL,
    NOTE_SQL,
    REFUSE_SQL,
    SCHEMA_SQL,
    UNFINISHED_SQL,
    Note,
    Unfinished,
    row,
    stored,
)
from voxd.errors import StorageError
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import AnnouncementId

log = logging.getLogger(__name__)

BATCH_MAX = 1000
CLOSE_TIMEOUT_S = 10.0
FORGET_EVERY_S = 3600.0
LINGER_S = 0.01
RETRY_EVERY_S = 5.0
STUCK_AFTER_S = 10.0
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
        self._pending = 0
        self._settled_at = 0.0

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
            await asyncio.to_thread(self._thread.join, CLOSE_TIMEOUT_S)
            self._thread = None

    async def add(self, announcement: Announcement) -> bool:
        """Commit a new announcement; False where its id is known already, unless it was refused then.

        Raises StorageError.
        """
        return await self._committed(ADD_SQL, row(announcement)) == 1

    async def refuse(self, id_: AnnouncementId, source: str, reason: str, excerpt: str) -> bool:
        """Commit that something was refused; False where its id is known already. Raises StorageError."""
        now = time.time()
        return await self._committed(REFUSE_SQL, (id_, source, now, now, reason, excerpt)) == 1

    def note(self, note: Note) -> None:
        """Record a state without waiting; kept and written later where the disk refuses it now."""
        values = (note.state, note.reason, time.time(), note.sentences_heard, note.id)
        self._writes.put((NOTE_SQL, values, None))

    @property
    def healthy(self) -> bool:
        """Whether whoever waits for a commit gets an answer; that answer may be that the disk is full."""
        stuck = self._pending > 0 and time.monotonic() - self._settled_at > STUCK_AFTER_S
        return self._thread is not None and self._thread.is_alive() and not stuck

    async def _committed(self, sql: str, values: tuple[object, ...]) -> int:
        if self._thread is None:
            raise StorageError("The journal is closed")
        done: asyncio.Future[int] = self._loop.create_future()
        if not self._pending:
            self._settled_at = time.monotonic()
        self._pending += 1
        self._writes.put((sql, values, done))
        try:
            return await done
        finally:
            self._pending -= 1
            self._settled_at = time.monotonic()

    def _opened(self) -> tuple[sqlite3.Connection, tuple[Unfinished, ...]]:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False, timeout=1.0)
        self._file.chmod(0o600)
        connection.executescript(SCHEMA_SQL)
        self._forget(connection)
        return connection, tuple(_unfinished(connection))

    def _forget(self, connection: sqlite3.Connection) -> None:
        connection.execute(FORGET_SQL, (time.time() - self._history_s,))

    def _run(self, connection: sqlite3.Connection) -> None:
        """The thread: gather what waits, commit it at once, tell those who wait."""
        forgotten_at = time.monotonic()
        closing = False
        while not closing:
            batch = self._gathered()
            closing = None in batch
            self._write(connection, [write for write in batch if write is not None])
            if time.monotonic() - forgotten_at > FORGET_EVERY_S:
                forgotten_at = time.monotonic()
                with suppress(sqlite3.Error):  # tried again in an hour
                    self._forget(connection)
        connection.close()

    def _gathered(self) -> "list[Write | None]":
        """What waits now, or the first that comes; nothing when it is time to look after old things.

        Notes alone have a little time, so that they share a commit; whoever waits for one has not.
        """
        try:
            batch = [self._writes.get(timeout=RETRY_EVERY_S if self._unwritten else FORGET_EVERY_S)]
        except queue.Empty:
            return []
        until = time.monotonic() + LINGER_S
        with suppress(queue.Empty):
            while len(batch) < BATCH_MAX:
                if not _is_note(batch[-1]):
                    until = 0.0
                batch.append(self._writes.get(timeout=max(0.0, until - time.monotonic())))
        return batch

    def _write(self, connection: sqlite3.Connection, batch: list[Write]) -> None:
        everything = [*self._unwritten.values(), *batch]
        if not everything:
            return
        try:
            connection.execute("BEGIN IMMEDIATE")
            counts = [connection.execute(sql, values).rowcount for sql, values, _ in everything]
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._put_back(connection, everything, error)
        except Exception as bug:  # it rises where the commit is awaited, instead of ending this thread unseen
            _roll_back(connection)
            self._settle([(done, bug) for _, _, done in everything if done])
        else:
            self._note_success()
            self._settle([(done, count) for (_, _, done), count in zip(everything, counts, strict=True) if done])

    def _note_success(self) -> None:
        self._unwritten.clear()
        if self._failing:
            self._failing = False
            log.warning("The journal can be written again")

    def _put_back(self, connection: sqlite3.Connection, batch: list[Write], error: sqlite3.Error) -> None:
        """Nothing of the batch was written: whoever waits learns it, the rest is tried again."""
        _roll_back(connection)
        if not self._failing:
            self._failing = True
            log.error("The journal %s cannot be written: %s; nothing new is accepted until it can", self._file, error)
        self._unwritten = {values[-1]: (sql, values, None) for sql, values, done in batch if done is None}
        failure = StorageError(f"The journal cannot be written: {error}")
        self._settle([(done, failure) for _, _, done in batch if done])

    def _settle(self, results: "list[tuple[asyncio.Future[int], int | Exception]]") -> None:
        if results and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_settle_all, results)


def _settle_all(results: "list[tuple[asyncio.Future[int], int | Exception]]") -> None:
    for done, result in results:
        if done.done():
            continue
        if isinstance(result, Exception):
            done.set_exception(result)
        else:
            done.set_result(result)


def _is_note(write: Write | None) -> bool:
    return write is not None and write[2] is None


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _unfinished(connection: sqlite3.Connection) -> Iterator[Unfinished]:
    """What was not ended; a row that this version cannot read is ended here, and does not stop the daemon."""
    for id_, content, sentences_heard, starts in connection.execute(UNFINISHED_SQL).fetchall():
        try:
            yield stored(content, sentences_heard, starts)
        except (ValueError, TypeError, KeyError) as error:
            log.warning("The announcement %s in the journal cannot be read and is given up: %s", id_, error)
            reason = "Its row in the journal cannot be read"
            connection.execute(NOTE_SQL, (State.FAILED, reason, time.time(), sentences_heard, id_))
