"""When an announcement that waits is over by itself, and how it ends then."""

from voxd.announcing.agenda.entry import Entry
from voxd.announcing.agenda.rules.repeats import NOBODY, repetition
from voxd.model.announcement import Priority, State
from voxd.settings import AnnouncementSettings


def ends_by(entry: Entry, settings: AnnouncementSettings) -> float | None:
    """Monotonic seconds: the end of its time to live; without one, of the patience with a silent output.

    An alarm waits for it at least as long as its repeats would take where it was heard.
    """
    if entry.due_by is not None or entry.silence is None:
        return entry.due_by
    patience_s = settings.wait_for_output_s
    if entry.announcement.priority is Priority.ALARM:
        patience_s = max(patience_s, repetition(entry.announcement, settings.alarms).lasts_s)
    return entry.silence.since + patience_s


def later(one: float | None, other: float | None) -> float | None:
    """The later of two ends of a time to live; None is never."""
    return None if one is None or other is None else max(one, other)


def over(entry: Entry) -> tuple[State, str]:
    """How it ends at that time."""
    if entry.is_siren and entry.was_heard:
        return State.FINISHED, ""
    if entry.repeats:
        return State.FINISHED, f"{NOBODY}{_silent(entry)}"
    if entry.due_by is None:
        return State.FAILED, entry.silence.reason if entry.silence else ""
    when = "before it could go on" if entry.was_heard else "before its turn came"
    if entry.silence:
        when = "before it could be heard"
    return State.EXPIRED, f"Its time to live was over {when}{_silent(entry)}"


def _silent(entry: Entry) -> str:
    return f": {entry.silence.reason}" if entry.silence else ""
