"""The journal's thread: it gathers what waits, commits it at once, and tells those who wait."""

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import islice

from voxd.announcing.journal.errors import is_damage, why
from voxd.announcing.journal.file import JournalFile
from voxd.announcing.journal.notes import Jotting, merged
from voxd.announcing.journal.orders import Answer, Entry, Jotted, Order, Question, answer_all
from voxd.announcing.journal.queue import OrderQueue
from voxd.announcing.journal.schema import UNDO_SQL
from voxd.announcing.journal.troubles import Troubles
from voxd.errors import StorageError
from voxd.model.identifiers import AnnouncementId

log = logging.getLogger(__name__)

CHECK_EVERY_S = 3600.0
CLOSE_TIMEOUT_S = 10.0
DOUBTFUL_MAX = 10_000
NOTES_AT_ONCE = 16
RETRY_EVERY_S = 1.0


class Scribe:
    """Works off orders in a thread of its own; `put` is called in the event loop.

    Where the file cannot be written, whoever waits learns it, notes are kept, and both are tried again. On a full disk
    the reserve is given up for the notes, and nothing new is accepted until there is room for it again.
    """

    def __init__(self, file: JournalFile, troubles: Troubles) -> None:
        self._file = file
        self._troubles = troubles
        self._orders = OrderQueue()
        self._unwritten: dict[AnnouncementId, Jotting] = {}
        self._doubtful: dict[object, None] = {}
        self._noted: int | None = None
        self._full = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; the file is open and belongs to the thread now."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it works off orders."""
        return self._thread is not None and self._thread.is_alive()

    def put(self, order: Order) -> None:
        """Have something done, in the order of the calls."""
        self._orders.put(order)

    async def stop(self) -> None:
        """Write what still waits and close the file."""
        if self._thread is not None:
            self._orders.put(None)
            await asyncio.to_thread(self._thread.join, CLOSE_TIMEOUT_S)
            self._thread = None

    def _run(self) -> None:
        if not self._file.has_room():
            self._full = True
            self._troubles.begin("the disk is full")
        forget_at, check_at = 0.0, time.monotonic() + CHECK_EVERY_S
        closing = False
        while not closing:
            batch = self._orders.gathered(self._patience_s(forget_at))
            closing = None in batch
            self._serve([order for order in batch if order is not None])
            if time.monotonic() >= forget_at:
                forget_at = time.monotonic() + self._forgotten()
            if time.monotonic() >= check_at:
                self._tried(self._file.check)
                check_at = time.monotonic() + CHECK_EVERY_S
        with suppress(OSError, sqlite3.Error, StorageError):
            self._tried(self._file.check)
            self._file.close()

    def _patience_s(self, forget_at: float) -> float:
        """How long there is nothing to do that nobody asks for."""
        until_forget_s = max(0.0, forget_at - time.monotonic())
        return min(until_forget_s, RETRY_EVERY_S) if self._unwritten or self._troubles.now else until_forget_s

    def _forgotten(self) -> float:
        """Forget some of what is old; in how many seconds to do so again."""
        next_s = [CHECK_EVERY_S]
        self._tried(lambda: next_s.append(self._file.forget()))
        return next_s[-1]

    def _serve(self, batch: list[Order]) -> None:
        entries = [order for order in batch if isinstance(order, Entry)]
        jotted = [order for order in batch if isinstance(order, Jotted)]
        for one in jotted:
            id_ = one.jotting.note.id
            self._unwritten[id_] = merged(self._unwritten.get(id_), one.jotting)
            self._noted = one.number
        waiting = [one.done for one in jotted if one.done is not None]
        try:
            self._write_together(entries, waiting)
        except Exception:  # a bug in one of them must neither end this thread nor spoil the others
            log.exception("Something cannot be written to the journal")
            self._write_each(entries, waiting)
        for order in batch:
            if isinstance(order, Question):
                self._answer(order)

    def _write_together(self, entries: list[Entry], waiting: list[Answer]) -> None:
        """Write what is new and what is noted; where there is no room for both, what is noted."""
        counts: list[int] = []
        failure = self._no_room()
        if failure is None:
            failure = self._tried(lambda: counts.extend(self._write(entries)))
        not_noted = failure
        if failure is None:
            self._troubles.over()
        elif self._unwritten:
            not_noted = self._tried(self._write_notes)
        self._settle([(entry.done, failure or counts[number]) for number, entry in enumerate(entries)])
        self._settle([(done, not_noted or 1) for done in waiting])
        if entries and failure is None:
            self._tried(self._file.trim)

    def _write(self, entries: list[Entry]) -> list[int]:
        undo = [(UNDO_SQL, {"id": id_}) for id_ in self._doubtful]
        new = [(entry.sql, entry.values) for entry in entries]
        notes = tuple(self._unwritten.values())
        if not new and not notes:
            if self._troubles.now:
                self._file.connection.probe()
            return []
        try:
            synced = bool(undo or new) or not all(note.is_light for note in notes)
            counts = self._file.write([*undo, *new], notes, synced=synced, held=self._noted)[len(undo) :]
        except sqlite3.OperationalError:
            self._doubt(entries)
            raise
        self._doubtful.clear()
        self._unwritten.clear()
        return counts

    def _write_notes(self) -> None:
        """Write what is noted in little room: a few at a time, and what the log took is given back in between."""
        while self._unwritten:
            some = tuple(islice(self._unwritten.items(), NOTES_AT_ONCE))
            is_last = len(some) == len(self._unwritten)
            self._file.write((), [jotting for _, jotting in some], held=self._noted if is_last else None)
            for id_, _ in some:
                del self._unwritten[id_]
            self._file.connection.empty_log()

    def _write_each(self, entries: list[Entry], waiting: list[Answer]) -> None:
        """Write each for itself; what cannot be is given up."""
        lost: Exception | None = None
        for id_, jotting in tuple(self._unwritten.items()):
            try:
                self._file.write((), (jotting,))
            except Exception as bug:
                log.error("A note on the announcement %s is given up: %s", id_, bug)
                lost = bug
            del self._unwritten[id_]
        for entry in entries:
            try:
                self._settle([(entry.done, self._file.write(((entry.sql, entry.values),), ())[0])])
            except Exception as bug:  # it rises where the commit is awaited
                self._settle([(entry.done, bug)])
        self._settle([(done, lost or 1) for done in waiting])

    def _answer(self, question: Question) -> None:
        found: list[object] = []
        try:
            failure = self._tried(lambda: found.append(question.ask(self._file.connection.sqlite)))
        except Exception as bug:  # it rises where the answer is awaited
            self._settle([(question.done, bug)])
        else:
            self._settle([(question.done, failure or found[0])])

    def _tried(self, work: Callable[[], object]) -> StorageError | None:
        """Do it; where the file is damaged, rescue it and do it then. What was wrong with it in the end."""
        try:
            return self._tried_once(work)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            damage = error
        try:
            failure = self._tried_once(lambda: self._troubles.rescued(self._file.rescued(), why(damage)))
            return failure or self._tried_once(work)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            return self._failure(error)  # a disk that spoils what was just written

    def _tried_once(self, work: Callable[[], object]) -> StorageError | None:
        """Raises sqlite3.DatabaseError where it is damaged, and what a bug raises."""
        try:
            work()
        except (OSError, sqlite3.OperationalError) as error:
            if self._file.lacks_room(error):
                self._full = True
                self._file.give_up_reserve()
            return self._failure(error)
        return None

    def _failure(self, error: Exception) -> StorageError:
        reason = self._file.why(error)
        self._troubles.begin(reason)
        return StorageError(f"The journal cannot be used: {reason}")

    def _no_room(self) -> StorageError | None:
        """Why nothing new may be written, though it might be possible: the room is for what must be noted."""
        if self._full and self._file.has_room():
            self._full = False
        return StorageError("The journal cannot be used: the disk is full") if self._full else None

    def _doubt(self, entries: list[Entry]) -> None:
        """An error tells that they were not committed, but they may be found in the file: they are not to be."""
        for entry in entries:
            id_ = entry.values["id"]
            if not self._file.is_under_way(id_):
                self._doubtful[id_] = None
        while len(self._doubtful) > DOUBTFUL_MAX:
            del self._doubtful[next(iter(self._doubtful))]

    def _settle(self, results: "list[tuple[Answer, object]]") -> None:
        if results and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(answer_all, results)
