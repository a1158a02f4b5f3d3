"""How often an alarm is spoken, and what is told between."""

from dataclasses import dataclass

from voxd.announcing.agenda.entry import Entry
from voxd.model.announcement import Announcement, State
from voxd.settings import AlarmSettings

NOBODY = "Nobody acknowledged it"


@dataclass(frozen=True, slots=True)
class Repetition:
    """Spoken once, and again every `every_s` seconds of quiet, `at_most` times."""

    every_s: float
    at_most: int

    @property
    def reason(self) -> str:
        """Why it waits."""
        return f"Repeated in {self.every_s:g} s until it is acknowledged"

    @property
    def lasts_s(self) -> float:
        """How long it goes on where nobody acknowledges it."""
        return self.every_s * self.at_most

    def comes_after(self, turns: int) -> bool:
        """Whether there is a repeat after so many turns."""
        return turns <= self.at_most


def repetition(announcement: Announcement, settings: AlarmSettings) -> Repetition:
    """As its sender wants it, else as the owner."""
    every_s = settings.repeat_s if announcement.repeat_s is None else announcement.repeat_s
    at_most = settings.repeat_max if announcement.repeat_max is None else announcement.repeat_max
    return Repetition(every_s, at_most)


def turns_had(entry: Entry) -> int:
    """How often an alarm had its turn, whether it was heard or could not be spoken."""
    return entry.repeats + entry.failures


def acknowledged(entry: Entry) -> tuple[State, str]:
    """How an alarm ends that somebody took note of."""
    if entry.was_heard:
        return State.FINISHED, "Acknowledged"
    return State.CANCELLED, "Acknowledged before it was heard"


def unacknowledged(entry: Entry) -> tuple[State, str]:
    """How an alarm ends whose last repeat was heard."""
    return State.FINISHED, NOBODY if turns_had(entry) > 1 else ""


def turn_has_come(entry: Entry) -> bool:
    """Whether somebody in the house can know of an alarm that waits: it was heard, or its output is silent."""
    return entry.was_heard or entry.failures > 0 or entry.silence is not None
