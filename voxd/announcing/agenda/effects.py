"""What the agenda wants done, and how a performance ended."""

from dataclasses import dataclass

from voxd.announcing.agenda.entry import Entry
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import AnnouncementId


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin a performance from sentence `entry.sentences_heard` on, in `entry.zones`; `performed` must follow.

    These may be fewer zones than were asked for: `reason` says which are left out and why, empty where none is.
    A siren sounds for `lasts_s`.
    """

    entry: Entry
    reason: str = ""
    lasts_s: float | None = None


@dataclass(frozen=True, slots=True)
class BreakOff:
    """Have the performance end, at once or after its sentence; `performed` must follow, whichever way it ended.

    May come a second time for the same performance, at once where it was after the sentence before.
    """

    id: AnnouncementId
    at_once: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """It waits (again): state `queued`, with this reason. What the entry says of it is to be noted in the journal."""

    entry: Entry
    reason: str


@dataclass(frozen=True, slots=True)
class End:
    """It is over, and no part of the agenda any more."""

    announcement: Announcement
    state: State
    reason: str = ""


Effect = Begin | BreakOff | Wait | End


@dataclass(frozen=True, slots=True)
class Finished:
    """All of it was heard."""


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """It ended early, because that was asked for."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be spoken."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """No output could make it heard, or none could any more; the rest waits until one can."""

    reason: str


Ending = Finished | BrokenOff | Failed | Unheard
