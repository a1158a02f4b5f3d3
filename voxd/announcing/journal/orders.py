"""What the journal's thread is asked to do, and how whoever waits for it is answered."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voxd.announcing.journal.notes import Jotting

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
    """A note: it is kept until it is committed, whether anybody waits for that or not. It has a number."""

    jotting: Jotting
    number: int
    done: Answer | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Something to be read, after everything that was put before it."""

    ask: Callable[[sqlite3.Connection], object]
    done: Answer


Order = Entry | Jotted | Question


def answer_all(results: Sequence[tuple[Answer, object]]) -> None:
    """Give everybody a result, or raise it where it is an exception; in the event loop."""
    for done, result in results:
        if done.done():
            continue
        if isinstance(result, Exception):
            done.set_exception(result)
        else:
            done.set_result(result)
