"""Which announcement interrupts which, and how."""

from enum import Enum

from voxd.announcing.agenda.entry import Entry
from voxd.model.announcement import Priority


class Interruption(Enum):
    """How soon one that is being spoken makes way."""

    NONE = 0
    AFTER_SENTENCE = 1
    AT_ONCE = 2


def interruption(waiting: Priority, spoken: Priority) -> Interruption:
    """What the waiting one does to the one being spoken: an alarm and `high` go before everything below them."""
    if waiting <= spoken or waiting < Priority.HIGH:
        return Interruption.NONE
    return Interruption.AT_ONCE if waiting is Priority.ALARM else Interruption.AFTER_SENTENCE


def between(waiting: Entry, spoken: Entry) -> Interruption:
    """The same of two announcements: an alarm in words goes before a siren, which goes on after it."""
    if waiting.is_alarm and spoken.is_siren and not waiting.is_siren:
        return Interruption.AT_ONCE
    return interruption(waiting.priority, spoken.priority)


def why(waiting: Entry) -> str:
    """What the one is told that makes way."""
    return f"Interrupted by the alarm {waiting.id}" if waiting.is_alarm else f"Interrupted by {waiting.id}"
