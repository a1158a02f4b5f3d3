"""An entry of the agenda: an announcement that is not over, and what is known of it."""

from dataclasses import dataclass
from datetime import datetime

from voxd.model.announcement import Announcement, Priority
from voxd.model.identifiers import AnnouncementId, ZoneId

Rank = tuple[int, bool, int]


@dataclass(frozen=True, slots=True)
class Now:
    """The time: seconds of the monotonic clock for everything that lasts, the wall clock for the hours of the day."""

    monotonic_s: float
    local: datetime


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody could hear it: since when (monotonic seconds), how often that was tried, and why."""

    since: float
    tries: int
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An announcement, its zones resolved, and how far it has come. All times are monotonic seconds.

    `due_by` is the end of its time to live; it does not begin before `not_before`. `sentences_heard` counts those heard
    to their end in the present performance, `heard` is the part of it that was heard, from 0 to 1. `repeats` counts how
    often an alarm was heard, `failures` how often it could not be spoken. Among equals the lower `arrival` goes first.
    """

    announcement: Announcement
    zones: tuple[ZoneId, ...]
    accepted_at: float
    due_by: float | None = None
    not_before: float = 0.0
    sentences_heard: int = 0
    heard: float = 0.0
    repeats: int = 0
    failures: int = 0
    arrival: int = 0
    silence: Silence | None = None

    @property
    def id(self) -> AnnouncementId:
        """Of the announcement."""
        return self.announcement.id

    @property
    def priority(self) -> Priority:
        """Of the announcement."""
        return self.announcement.priority

    @property
    def is_alarm(self) -> bool:
        """Whether it is one."""
        return self.announcement.priority is Priority.ALARM

    @property
    def is_siren(self) -> bool:
        """Whether it is a tone without words."""
        return self.announcement.siren

    @property
    def rank(self) -> Rank:
        """The lower goes first: by priority, by arrival; of alarms those in words that were never heard go before."""
        return (-self.announcement.priority, self.repeats > 0 or self.is_siren, self.arrival)

    @property
    def was_heard(self) -> bool:
        """Whether any of it was heard, now or in an earlier repeat."""
        return self.repeats > 0 or self.sentences_heard > 0 or self.heard > 0
