"""The chronicle: each step of an announcement is noted in the journal and told to whoever listens."""

import logging
import time
from contextlib import suppress
from dataclasses import replace

from voxd.announcing.agenda.entry import Entry
from voxd.announcing.journal.journal import Journal
from voxd.announcing.journal.rows import Note
from voxd.announcing.performance import Performance
from voxd.announcing.progress import Progress, Step
from voxd.errors import StorageError
from voxd.model.announcement import Announcement, State

log = logging.getLogger(__name__)

SOFT_ENDS = (State.EXPIRED, State.SUPPRESSED, State.COALESCED)
"""Ends of what nobody heard: forgotten, they would be found again."""


class Chronicle:
    """Writes to the journal in the order of the calls."""

    def __init__(self, journal: Journal, progress: Progress) -> None:
        self._journal = journal
        self._progress = progress

    def accepted(self, announcement: Announcement) -> None:
        """It was taken over; the journal knows."""
        self._progress.tell(_step(announcement, State.ACCEPTED))

    def queued(self, announcement: Announcement) -> None:
        """It waits for its turn; the journal knows as much."""
        self._progress.tell(_step(announcement, State.QUEUED))

    def begins(self, performance: Performance) -> None:
        """It is taken in hand."""
        self._journal.note(Note(performance.announcement.id, State.SYNTHESIZING))
        self._progress.tell(_step(performance.announcement, State.SYNTHESIZING, performance=performance))

    def put_off(self, performance: Performance) -> None:
        """It was broken off because voxd ends."""
        entry, reason = performance.entry, "The rest is spoken after the restart"
        heard = replace(entry, sentences_heard=performance.sentences_heard, heard=performance.heard)
        self.waits(heard, reason, performance)

    def playing(self, performance: Performance) -> None:
        """It begins to sound. Whatever ends voxd from here on, nobody hears it again and again."""
        self._journal.note(
            replace(_note(performance.announcement, State.PLAYING, performance=performance), starts=True)
        )
        self._progress.tell(_step(performance.announcement, State.PLAYING, performance=performance))

    def heard_more(self, performance: Performance) -> None:
        """So much of it was heard until now; only the journal learns that."""
        self._journal.note(_note(performance.announcement, State.PLAYING, performance=performance))

    def waits(self, entry: Entry, reason: str, performance: Performance | None = None) -> None:
        """It waits for another turn."""
        announcement = entry.announcement
        outcome = {} if performance is None else _outcome(performance)
        self._journal.note(
            Note(announcement.id, State.QUEUED, reason, entry.sentences_heard, entry.heard, entry.repeats, outcome)
        )
        self._progress.tell(_step(announcement, State.QUEUED, reason, performance))

    async def ends(
        self, announcement: Announcement, state: State, reason: str, performance: Performance | None = None
    ) -> None:
        """It is over. Told when the journal holds it, so that what somebody was told to be over is never heard again.

        Where the disk refuses it, it is told all the same.
        """
        if state is State.FAILED:
            log.warning("The announcement %s failed: %s", announcement.id, reason)
        note = _note(announcement, state, reason, performance)
        if state in SOFT_ENDS:
            self._journal.note(note)
        else:
            with suppress(StorageError):
                await self._journal.commit(note)
        self._progress.tell(_step(announcement, state, reason, performance))


def _note(announcement: Announcement, state: State, reason: str = "", performance: Performance | None = None) -> Note:
    if performance is None:
        return Note(announcement.id, state, reason)
    heard = 1.0 if state is State.FINISHED else performance.heard
    sentences = performance.sentences_heard
    return Note(announcement.id, state, reason, sentences, heard, performance.entry.repeats, _outcome(performance))


def _outcome(performance: Performance) -> dict[str, object]:
    """What is known of how it was spoken."""
    found: dict[str, object] = {"timings_ms": dict(performance.timings_ms)}
    if performance.engine:
        voice = performance.stand_in.voice if performance.stand_in else performance.announcement.voice
        found |= {"engine": performance.engine, "voice": voice, "cached": performance.cached}
    if performance.stand_in:
        found["fallback"] = performance.stand_in.reason
    if performance.missed:
        found["missed"] = list(performance.missed)
    return found


def _step(announcement: Announcement, state: State, reason: str = "", performance: Performance | None = None) -> Step:
    stand_in = performance.stand_in if performance else None
    return Step(
        announcement.id,
        state,
        time.time(),
        announcement.source,
        reason,
        announcement.priority,
        announcement.zones,
        announcement.voice,
        dict(performance.timings_ms) if performance else {},
        stand_in.voice if stand_in else None,
        stand_in.reason if stand_in else "",
        performance.engine if performance else "",
        performance.cached if performance else None,
    )
