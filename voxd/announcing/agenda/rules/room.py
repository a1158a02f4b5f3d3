"""Whether one more announcement finds a place."""

from voxd.model.announcement import Priority

ALARM_HEADROOM = 2
"""Alarms still find a place where nobody gives way to them, up to this many times the bound."""


def has_room(priority: Priority, *, waiting: int, yielding: int, reserved: int, bound: int) -> bool:
    """Whether it may be taken over, where so many wait, and `yielding` of these would give way to it.

    `reserved` places are promised to others already.
    """
    if priority is Priority.ALARM and waiting + reserved < ALARM_HEADROOM * bound:
        return True
    return reserved < max(0, bound - waiting) + yielding


def why_gave_way(bound: int) -> str:
    """What the one is told that gave way."""
    return f"It gave way to a newer one: {bound} announcements were waiting"


def why_refused(bound: int) -> str:
    """What the one is told that found no place."""
    return f"{bound} announcements are waiting already; this one was not taken"
