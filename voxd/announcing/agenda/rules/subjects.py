"""When a newer announcement replaces an older one."""

from voxd.announcing.agenda.entry import Entry
from voxd.model.announcement import Priority


def may_replace(newer: Priority, older: Priority) -> bool:
    """An alarm is replaced by an alarm only: whoever may not raise one must not be able to end one."""
    return older is not Priority.ALARM or newer is Priority.ALARM


def at_once(newer: Priority) -> bool:
    """Whether an older one that is being spoken is broken off in the middle of its sentence."""
    return newer is Priority.ALARM


def takes_its_place(newer: Entry, older: Entry) -> bool:
    """Whether it waits where the older one waited, rather than at the end: else what changes often is never heard."""
    return newer.priority is older.priority and older.repeats == 0
