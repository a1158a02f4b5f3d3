"""Death at a named point: a daemon of the tests kills itself there, as if the power had gone."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from voxd.announcing.journal.rows import Note
from voxd.app import House
from voxd.model.announcement import State

REOPENED = "journal opened again"
POINTS = (
    "received",
    "committed",
    "acknowledged",
    "begun",
    "synthesized",
    "cached",
    "about to sound",
    "play started",
    "half played",
    "played",
    "end noted",
    REOPENED,
)
"""In the order that an announcement passes them; the last one by those that an earlier run has left."""
ON_THE_WIRE_S = 0.005
"""An acknowledgement is with the broker by then."""


class Doom:
    """Kills this process where the file names the point that is struck; the file is gone before."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def strike(self, point: str) -> None:
        """Die here, if here is where."""
        if self._file is not None and self._file.exists() and self._file.read_text() == point:
            self._file.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


def arm(house: House, doom: Doom) -> None:
    """Let a house die at the points that lie in its own parts; those of engine and outputs are theirs."""
    _before(house.announcer, "announce", lambda *_: doom.strike("received"))
    journal = house.announcer._journal
    _after(journal, "open", lambda *_: doom.strike(REOPENED))
    _after(journal, "add", lambda *_: doom.strike("committed"))
    cache = house.synthesizer._disk._cache
    if cache is not None:
        _after(cache, "put", lambda *_: doom.strike("cached"))
    for session in _sessions(house):
        _after(
            session, "ack", lambda *_: asyncio.get_running_loop().call_later(ON_THE_WIRE_S, doom.strike, "acknowledged")
        )
    _after(journal, "note", lambda note: _noted(note, doom))
    if hasattr(journal, "commit"):
        _after(journal, "commit", lambda note: _noted(note, doom))


def _noted(note: Note, doom: Doom) -> None:
    if note.state is State.SYNTHESIZING:
        doom.strike("begun")
    if note.starts:
        doom.strike("about to sound")
    if note.state is State.FINISHED:
        doom.strike("end noted")


def _sessions(house: House) -> list[Any]:
    mqtt: Any = house.daemon._frontends["mqtt"]
    return [mqtt._main, mqtt._alarm]


def _before(owner: object, name: str, act: Callable[..., object]) -> None:
    method = getattr(owner, name)

    def acted(*arguments: Any, **options: Any) -> Any:
        act(*arguments, **options)
        return method(*arguments, **options)

    setattr(owner, name, acted)


def _after(owner: object, name: str, act: Callable[..., object]) -> None:
    method = getattr(owner, name)

    def acted(*arguments: Any, **options: Any) -> Any:
        given = method(*arguments, **options)
        if not asyncio.iscoroutine(given):
            act(*arguments, **options)
            return given
        return awaited(given, arguments, options)

    async def awaited(given: Any, arguments: Any, options: Any) -> Any:
        result = await given
        act(*arguments, **options)
        return result

    setattr(owner, name, acted)
