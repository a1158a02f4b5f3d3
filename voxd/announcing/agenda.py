"""The agenda: everything known of the announcements that are not over, and what is to be done about them when."""

from collections.abc import Mapping

from voxd.announcing.effects import Effect, Ending
from voxd.announcing.entry import Entry, Now
from voxd.announcing.selection import Selection
from voxd.model.announcement import Announcement, Priority
from voxd.model.identifiers import AnnouncementId, ZoneId
from voxd.settings import AnnouncementSettings, ZoneSettings

Answer = tuple[tuple[AnnouncementId, ...], tuple[Effect, ...]]
"""The announcements that an order was about, and what is to be done."""


class Agenda:
    """Has no clock and does nothing itself: every call is told the time and gives effects, to be carried out in order.

    Only `due` lets something begin or breaks something off for something more urgent: it is to be asked after every
    other call that changed anything, and when `next_due` says.
    """

    def __init__(self, settings: AnnouncementSettings, zones: Mapping[ZoneId, ZoneSettings]) -> None:
        self.configure(settings, zones)

    def configure(self, settings: AnnouncementSettings, zones: Mapping[ZoneId, ZoneSettings]) -> None:
        """Go by these settings from now on."""
        raise NotImplementedError

    # What is known.

    def __len__(self) -> int:
        """How many announcements wait, those between two repeats included."""
        raise NotImplementedError

    def get(self, id_: AnnouncementId) -> Entry | None:
        """Of an announcement that waits or is being spoken (as it was when it began)."""
        raise NotImplementedError

    @property
    def waiting(self) -> tuple[Entry, ...]:
        """Those that wait, in the order of their turns."""
        raise NotImplementedError

    @property
    def spoken(self) -> tuple[AnnouncementId, ...]:
        """Those being spoken, in the order in which they began."""
        raise NotImplementedError

    @property
    def alarms(self) -> tuple[AnnouncementId, ...]:
        """Alarms that nobody has acknowledged yet, being spoken or waiting."""
        raise NotImplementedError

    @property
    def paused(self) -> tuple[ZoneId, ...]:
        """Zones in which everything but alarms is held."""
        raise NotImplementedError

    @property
    def undisturbed(self) -> Mapping[ZoneId, Priority]:
        """Zones with do-not-disturb, and the least priority that passes."""
        raise NotImplementedError

    # Taking over.

    def reserve(self, priority: Priority) -> None:
        """Keep a place for one that is being committed; `release` must follow, before `put`.

        Raises BusyError where all places are taken by what is more urgent.
        """
        raise NotImplementedError

    def release(self) -> None:
        """Give a reserved place back."""
        raise NotImplementedError

    def put(
        self,
        announcement: Announcement,
        zones: tuple[ZoneId, ...],
        now: Now,
        *,
        age_s: float = 0.0,
        sentences_heard: int = 0,
        heard: float = 0.0,
        repeats: int = 0,
    ) -> tuple[Effect, ...]:
        """Take over an announcement that was committed `age_s` ago; the rest tells how far an earlier run came with it.

        Gives its own End where it is suppressed, coalesced or expired already; else it waits (no effect says so). Others
        may give way to it: End, or BreakOff of what is being spoken and replaced by it.
        """
        raise NotImplementedError

    # Time passes.

    def due(self, now: Now) -> tuple[Effect, ...]:
        """What is to be done now: End of what expired, Begin, BreakOff of what is in the way of the more urgent."""
        raise NotImplementedError

    def next_due(self, now: Now) -> float | None:
        """In how many seconds `due` must be asked again at the latest; None: not before something else happens."""
        raise NotImplementedError

    def wake(self, now: Now, zones: tuple[ZoneId, ...] = ()) -> None:
        """An output of these zones (of any) can be heard again: what waits for that may be tried at once. Ask `due`."""
        raise NotImplementedError

    def performed(
        self, id_: AnnouncementId, ending: Ending, now: Now, *, sentences_heard: int = 0, heard: float = 0.0
    ) -> tuple[Effect, ...]:
        """A performance is over; its zones are free. Gives one effect: Wait or End.

        `sentences_heard` and `heard` include what earlier performances of the same entry had (see Entry).
        """
        raise NotImplementedError

    # Orders.

    def acknowledge(self, which: Selection, now: Now) -> Answer:
        """End alarms: finished where they were heard, else cancelled.

        Without an id, those whose turn has not come yet are left: nobody can know of them.
        """
        raise NotImplementedError

    def stop(self, which: Selection, now: Now) -> Answer:
        """End what is being spoken (interrupted, at once) and what waits (cancelled).

        Without an id, alarms only fall silent until their next repeat.
        """
        raise NotImplementedError

    def skip(self, which: Selection, now: Now) -> Answer:
        """The same for what is being spoken only."""
        raise NotImplementedError

    def clear(self, which: Selection, now: Now) -> Answer:
        """The same for what waits only; without an id, alarms stay."""
        raise NotImplementedError

    def pause(self, zones: tuple[ZoneId, ...], now: Now) -> Answer:
        """Hold everything but alarms in these zones, all where none is given; what is being spoken is broken off."""
        raise NotImplementedError

    def resume(self, zones: tuple[ZoneId, ...], now: Now) -> Answer:
        """Undo pause; no effects, ask `due`."""
        raise NotImplementedError

    def do_not_disturb(self, zones: tuple[ZoneId, ...], passes: Priority | None, now: Now) -> Answer:
        """Suppress what is less urgent than `passes` in these zones (all) when its turn comes; None ends that."""
        raise NotImplementedError
