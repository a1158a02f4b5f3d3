"""Which announcements say the same, and which of two that do is not said."""

from enum import Enum
from typing import NamedTuple

from voxd.announcing.agenda.entry import Entry
from voxd.model.announcement import Announcement, Priority
from voxd.model.identifiers import VoiceId, ZoneId


class Likeness(NamedTuple):
    """Equal for announcements that are heard as the same: text, or recording, zones in any order, voice."""

    text: str
    recording: str | None
    zones: frozenset[ZoneId]
    voice: VoiceId | None


class Superfluous(Enum):
    """Which of two announcements need not be said."""

    NEITHER = 0
    NEWER = 1
    OLDER = 2


def likeness(announcement: Announcement, zones: tuple[ZoneId, ...]) -> Likeness:
    """What it is compared by."""
    return Likeness(announcement.text, announcement.recording, frozenset(zones), announcement.voice)


def beside_waiting(newer: Priority, older: Priority) -> Superfluous:
    """Of an older one that waits: the less urgent, and of equals the newer."""
    return Superfluous.OLDER if newer > older else Superfluous.NEWER


def beside_spoken(
    newer: Priority, older: Entry, *, begun_s: float, coalesce_s: float, comes_again: bool
) -> Superfluous:
    """Of an older one that was begun `begun_s` ago: the newer, if that is less than `coalesce_s`.

    An alarm is heard from its beginning: it joins only one that `comes_again`, an alarm with a repeat to come.
    """
    joins = older.is_alarm and comes_again if newer is Priority.ALARM else begun_s < coalesce_s
    return Superfluous.NEWER if joins else Superfluous.NEITHER
