"""Whether one more announcement finds a place."""

from voxd.model.announcement import Priority

ALARM_HEADROOM = 2
"""Alarms still find a place where nobody gives way to them, up to this many times the bound."""


def has_room(priority: Priority, *, taken: int, yielding: int, bound: int) -> bool:
    """Whether it may be taken over, where `taken` places are taken and `yielding` of these would give way to it."""
    if priority is Priority.ALARM and taken < ALARM_HEADROOM * bound:
        return True
    return taken - yielding < bound


def why_gave_way(bound: int) -> str:
    """What the one is told that gave way."""
    return f"It gave way to a newer one: {bound} announcements were waiting"


def why_refused(bound: int) -> str:
    """What the one is told that found no place."""
    return f"{bound} announcements are waiting already; this one was not taken"
