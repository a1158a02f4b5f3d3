"""The journal's thread: it gathers what waits, commits it at once, and tells those who wait."""

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from voxd.announcing.journal_file import JournalFile
from voxd.announcing.journal_notes import Jotting, merged
from voxd.announcing.journal_schema import NOTE_SQL
from voxd.errors import StorageError
from voxd.model.identifiers import AnnouncementId

log = logging.getLogger(__name__)

BATCH_MAX = 1000
CLOSE_TIMEOUT_S = 10.0
FORGET_EVERY_S = 3600.0
LINGER_S = 0.01
RETRY_EVERY_S = 1.0
Answer = asyncio.Future[Any]
"""Whoever waits for a commit gets how many rows it changed, whoever asks a question its answer; or StorageError."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement that somebody waits for: it is committed, or they learn that it was not and it is forgotten."""

    sql: str
    values: Mapping[str, object]
    done: Answer


@dataclass(frozen=True, slots=True)
class Jotted:
    """A note: it is kept until it is committed, whether anybody waits for that or not."""

    jotting: Jotting
    done: Answer | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Something to be read, after everything that was put before it."""

    ask: Callable[[sqlite3.Connection], object]
    done: Answer


Order = Entry | Jotted | Question


class Scribe:
    """Works off orders in a thread of its own; `put` is called in the event loop."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._unwritten: dict[AnnouncementId, Jotting] = {}
        self._failing = False
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
        forgotten_at = time.monotonic()
        closing = False
        while not closing:
            batch = self._gathered()
            closing = None in batch
            self._serve([order for order in batch if order is not None])
            if time.monotonic() - forgotten_at > FORGET_EVERY_S:
                forgotten_at = time.monotonic()
                with suppress(sqlite3.Error):  # tried again in an hour
                    self._file.forget()
        self._file.close()

    def _gathered(self) -> "list[Order | None]":
        """What waits now, or the first that comes; nothing when it is time to look after old things.

        Notes alone have a little time, so that they share a commit; whoever waits for one has not.
        """
        try:
            batch = [self._orders.get(timeout=RETRY_EVERY_S if self._unwritten else FORGET_EVERY_S)]
        except queue.Empty:
            return []
        until = time.monotonic() + LINGER_S
        with suppress(queue.Empty):
            while len(batch) < BATCH_MAX:
                if not _may_linger(batch[-1]):
                    until = 0.0
                batch.append(self._orders.get(timeout=max(0.0, until - time.monotonic())))
        return batch

    def _serve(self, batch: list[Order]) -> None:
        entries = [order for order in batch if isinstance(order, Entry)]
        jotted = [order for order in batch if isinstance(order, Jotted)]
        for one in jotted:
            id_ = one.jotting.note.id
            self._unwritten[id_] = merged(self._unwritten.get(id_), one.jotting)
        waiting = [one.done for one in jotted if one.done is not None]
        try:
            counts = self._written(entries)
        except sqlite3.Error as error:
            self._note_trouble(error)
            failure = StorageError(f"The journal cannot be written: {error}")
            self._settle([(done, failure) for done in (*waiting, *(entry.done for entry in entries))])
        except Exception as bug:  # it rises where the commit is awaited, instead of ending this thread unseen
            self._unwritten.clear()
            self._settle([(done, bug) for done in (*waiting, *(entry.done for entry in entries))])
        else:
            self._note_success()
            self._settle([(entry.done, count) for entry, count in zip(entries, counts, strict=False)])
            self._settle([(done, 1) for done in waiting])
        for order in batch:
            if isinstance(order, Question):
                self._answer(order)

    def _written(self, entries: list[Entry]) -> list[int]:
        """What is new is written before what became of it: the notes of an announcement never come before it."""
        new = [(entry.sql, entry.values) for entry in entries]
        notes = [(NOTE_SQL, jotting.values()) for jotting in self._unwritten.values()]
        return self._file.write([*new, *notes]) if new or notes else []

    def _answer(self, question: Question) -> None:
        try:
            self._settle([(question.done, question.ask(self._file.connection))])
        except sqlite3.Error as error:
            self._settle([(question.done, StorageError(f"The journal cannot be read: {error}"))])
        except Exception as bug:  # it rises where the answer is awaited
            self._settle([(question.done, bug)])

    def _note_success(self) -> None:
        if self._unwritten:
            self._unwritten.clear()
        if self._failing:
            self._failing = False
            log.warning("The journal can be written again")

    def _note_trouble(self, error: sqlite3.Error) -> None:
        if not self._failing:
            self._failing = True
            path = self._file.path
            log.error("The journal %s cannot be written: %s; nothing new is accepted until it can", path, error)

    def _settle(self, results: "list[tuple[Answer, object]]") -> None:
        if results and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_settle_all, results)


def _settle_all(results: "list[tuple[Answer, object]]") -> None:
    for done, result in results:
        if done.done():
            continue
        if isinstance(result, Exception):
            done.set_exception(result)
        else:
            done.set_result(result)


def _may_linger(order: Order | None) -> bool:
    return isinstance(order, Jotted) and order.done is None
