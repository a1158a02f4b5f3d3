"""The queue of announcements that wait for their turn: bounded, the most urgent first."""

from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from voxd.errors import BusyError
from voxd.model.announcement import Announcement, Priority
from voxd.model.identifiers import ZoneId

ALARM_HEADROOM = 2
"""Alarms still find a place in a full queue, up to this many times its bound."""


@dataclass(frozen=True, slots=True, order=True)
class Waiting:
    """An announcement in the queue, with its zones resolved and the sentences already heard of it."""

    rank: tuple[int, int]
    announcement: Announcement = field(compare=False)
    zones: tuple[ZoneId, ...] = field(compare=False)
    sentences_heard: int = field(default=0, compare=False)
    accepted_at: float = field(default=0.0, compare=False)


class Queue:
    """Orders by priority, then by arrival; refuses what is over its bound."""

    def __init__(self, waiting_max: int) -> None:
        self._max = waiting_max
        self._waiting: list[Waiting] = []
        self._reserved = 0
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Waiting]:
        return iter(self._waiting)

    def reserve(self, priority: Priority) -> None:
        """Keep a place for one that is being committed; `put` or `release` must follow. Raises BusyError."""
        bound = self._max * (ALARM_HEADROOM if priority is Priority.ALARM else 1)
        if len(self._waiting) + self._reserved >= bound:
            raise BusyError(f"{self._max} announcements are waiting already; this one was not taken")
        self._reserved += 1

    def release(self) -> None:
        """Give a reserved place back."""
        self._reserved -= 1

    def put(
        self, announcement: Announcement, zones: tuple[ZoneId, ...], *, now: float, sentences_heard: int = 0
    ) -> None:
        """Add an announcement behind those of its priority."""
        self._arrivals += 1
        rank = (-announcement.priority, self._arrivals)
        insort(self._waiting, Waiting(rank, announcement, zones, sentences_heard, now))

    def take(self, may_start: Callable[[Waiting], bool]) -> Waiting | None:
        """Remove and give the first that may start."""
        for index, waiting in enumerate(self._waiting):
            if may_start(waiting):
                return self._waiting.pop(index)
        return None
