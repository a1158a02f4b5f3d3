"""The agenda: everything known of the announcements that are not over, and what is to be done about them when."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from voxd.announcing.agenda import orders as agenda_orders
from voxd.announcing.agenda.effects import Begin, Effect, End, Ending, Wait
from voxd.announcing.agenda.entry import Entry, Now
from voxd.announcing.agenda.ledger import Ledger
from voxd.announcing.agenda.newcomer import arrive
from voxd.announcing.agenda.orders import Answer
from voxd.announcing.agenda.rules import lifetime, quiet, room, turns, urgency
from voxd.announcing.agenda.rules.afterwards import afterwards
from voxd.announcing.agenda.rules.hours import next_minute_s
from voxd.announcing.agenda.rules.repeats import turns_had
from voxd.announcing.agenda.stage import Spoken
from voxd.announcing.selection import Selection
from voxd.errors import BusyError
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.identifiers import AnnouncementId, ZoneId
from voxd.settings import AnnouncementSettings, ZoneSettings


class Agenda:
    """Has no clock and does nothing itself: every call is told the time and gives effects, to be carried out in order.

    Only `due` lets something begin or breaks something off for something more urgent: it is to be asked after every
    other call that changed anything, and when `next_due` says.
    """

    def __init__(self, settings: AnnouncementSettings, zones: Mapping[ZoneId, ZoneSettings]) -> None:
        self._ledger = Ledger(settings)
        self._reserved = 0
        self._paused: frozenset[ZoneId] = frozenset()
        self._undisturbed: dict[ZoneId, Priority] = {}
        self._asked = False
        self.configure(settings, zones)

    def configure(self, settings: AnnouncementSettings, zones: Mapping[ZoneId, ZoneSettings]) -> None:
        """Go by these settings from now on."""
        self._settings, self._zones = settings, zones
        self._has_hours = any(zone.quiet.hours is not None for zone in zones.values())
        self._ledger.settings = settings
        self._asked = False

    # What is known.

    def __len__(self) -> int:
        """How many announcements wait, those between two repeats included."""
        return len(self._ledger.lineup)

    def get(self, id_: AnnouncementId) -> Entry | None:
        """Of an announcement that waits or is being spoken (as it was when it began)."""
        return self._ledger.get(id_)

    @property
    def waiting(self) -> tuple[Entry, ...]:
        """Those that wait, in the order of their turns."""
        return tuple(self._ledger.lineup)

    @property
    def spoken(self) -> tuple[AnnouncementId, ...]:
        """Those being spoken, in the order in which they began."""
        return tuple(spoken.entry.id for spoken in self._ledger.stage)

    @property
    def heard_in(self) -> Mapping[ZoneId, tuple[AnnouncementId, ...]]:
        """Those being spoken, by the zones in which they are."""
        return {zone: tuple(one.entry.id for one in spoken) for zone, spoken in self._ledger.stage.by_zone().items()}

    @property
    def alarms(self) -> tuple[AnnouncementId, ...]:
        """Alarms that nobody has acknowledged yet, being spoken or waiting."""
        return tuple(entry.id for entry in self._not_over() if entry.is_alarm and not entry.is_siren)

    @property
    def sirens(self) -> tuple[Entry, ...]:
        """Tones without words whose time is not over."""
        return tuple(entry for entry in self._not_over() if entry.is_siren)

    @property
    def paused(self) -> tuple[ZoneId, ...]:
        """Zones in which everything but alarms is held."""
        return tuple(sorted(self._paused))

    @property
    def undisturbed(self) -> Mapping[ZoneId, Priority]:
        """Zones with do-not-disturb, and the least priority that passes."""
        return dict(self._undisturbed)

    # Taking over.

    def reserve(self, priority: Priority) -> None:
        """Keep a place for one that is being committed; `release` must follow, before `put`.

        Raises BusyError where all places are taken by what is more urgent.
        """
        lineup, bound = self._ledger.lineup, self._settings.queue_max
        yielding, reserved = lineup.yielding(priority), self._reserved
        if not room.has_room(priority, waiting=len(lineup), yielding=yielding, reserved=reserved, bound=bound):
            raise BusyError(room.why_refused(bound))
        self._reserved += 1

    def release(self) -> None:
        """Give a reserved place back."""
        self._reserved -= 1

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
        joins: bool = True,
    ) -> tuple[Effect, ...]:
        """Take over an announcement that was committed `age_s` ago; the rest tells how far an earlier run came.

        Gives its own End where it is suppressed, coalesced or expired already; else it waits (no effect says so).
        Others may give way to it: End, or BreakOff of what is being spoken and replaced by it. One that `joins` none is
        said whoever says the same.
        """
        if self._ledger.get(announcement.id) is not None:
            return ()
        accepted_at = now.monotonic_s - age_s
        due_by = None if announcement.ttl_s is None else accepted_at + announcement.ttl_s
        progress = (sentences_heard, heard, repeats)
        entry = Entry(announcement, zones, accepted_at, due_by, accepted_at, *progress)
        hearing = self._hearing(entry, now)
        if due_by is not None and due_by <= now.monotonic_s:
            return (End(announcement, *lifetime.over(entry)),)
        if not hearing.zones:
            return (End(announcement, State.SUPPRESSED, hearing.reason),)
        self._asked = False
        settings = self._settings if joins else self._settings.model_copy(update={"coalesce_s": 0.0})
        return arrive(replace(entry, zones=hearing.zones), self._ledger, settings, now.monotonic_s)

    # Time passes.

    def due(self, now: Now) -> tuple[Effect, ...]:
        """What is to be done now: End of what expired, Begin, BreakOff of what is in the way of the more urgent."""
        self._asked = True
        expired = self._expired(now)
        self._ledger.lineup.rests.take_until(now.monotonic_s)
        return (*expired, *(effect for turn in self._turns(now) for effect in self._taken(turn, now)))

    def next_due(self, now: Now) -> float | None:
        """In how many seconds `due` must be asked again at the latest; None: not before something else happens."""
        if not self._asked:
            return 0.0
        lineup = self._ledger.lineup
        times = [at - now.monotonic_s for at in (lineup.ends.first, lineup.rests.first) if at is not None]
        if self._has_hours and lineup.yielding(Priority.HIGH):
            times.append(next_minute_s(now.local))
        return max(0.0, min(times)) if times else None

    def wake(self, now: Now, zones: tuple[ZoneId, ...] = ()) -> None:
        """An output of these zones (of any) can be heard again: what waits for that may be tried at once. Ask `due`."""
        self._asked = False
        waiting, _ = self._ledger.selected(Selection(zones=zones))
        for entry in waiting:
            if entry.silence is not None and entry.not_before > now.monotonic_s:
                self._ledger.change(replace(entry, not_before=now.monotonic_s))

    def stand_in(self, id_: AnnouncementId, zone: ZoneId, now: Now) -> tuple[str, tuple[Effect, ...]]:
        """One that is being spoken is to be heard in a zone that it has no turn in, as that stands in for another.

        Why it may not be, empty where it may; and what is broken off there then. What it does not interrupt goes on,
        and it is heard when the output is free. Whatever is more urgent there interrupts it like any other.
        """
        spoken = self._ledger.stage.get(id_)
        if spoken is None:
            return "it is over", ()
        if why := self._why_closed(zone, spoken.entry.priority, now):
            return why, ()
        self._asked = False
        there = self._ledger.stage.by_zone().get(zone, ())
        self._ledger.stage.stand_in(id_, zone)
        return "", tuple(effect for other in there for effect in self._interrupted(other, spoken.entry))

    def performed(
        self, id_: AnnouncementId, ending: Ending, now: Now, *, sentences_heard: int = 0, heard: float = 0.0
    ) -> tuple[Effect, ...]:
        """A performance is over; its zones are free. Gives one effect: Wait or End.

        `sentences_heard` and `heard` include what earlier performances of the same entry had (see Entry).
        """
        self._asked = False
        spoken = self._ledger.stage.leave(id_, sentences_heard, heard)
        effect = afterwards(spoken, ending, self._settings, now.monotonic_s)
        if isinstance(effect, End):
            return (self._ledger.end(effect),)
        at_the_end = turns_had(effect.entry) > turns_had(spoken.entry)
        return (Wait(self._ledger.wait_again(effect.entry, at_the_end=at_the_end), effect.reason),)

    # Orders.

    def acknowledge(self, which: Selection, now: Now) -> Answer:
        """End alarms: finished where they were heard, else cancelled.

        Without an id, those whose turn has not come yet are left: nobody can know of them.
        """
        return self._obeyed(now, lambda: agenda_orders.acknowledge(self._ledger, which))

    def stop(self, which: Selection, now: Now) -> Answer:
        """End what is being spoken (interrupted, at once) and what waits (cancelled).

        Without an id, alarms only fall silent until their next repeat.
        """
        return self._obeyed(now, lambda: agenda_orders.stop(self._ledger, which))

    def skip(self, which: Selection, now: Now) -> Answer:
        """The same for what is being spoken only."""
        return self._obeyed(now, lambda: agenda_orders.skip(self._ledger, which))

    def clear(self, which: Selection, now: Now) -> Answer:
        """The same for what waits only; without an id, alarms stay."""
        return self._obeyed(now, lambda: agenda_orders.clear(self._ledger, which))

    def pause(self, zones: tuple[ZoneId, ...], now: Now) -> Answer:
        """Hold everything but alarms in these zones, all where none is given; what is being spoken is broken off."""
        paused = zones or tuple(self._zones)
        self._paused |= frozenset(paused)
        return self._obeyed(now, lambda: agenda_orders.hold(self._ledger, paused))

    def resume(self, zones: tuple[ZoneId, ...], now: Now) -> Answer:
        """Undo pause; no effects, ask `due`."""
        resumed = tuple(self._paused.intersection(zones)) if zones else tuple(self._paused)
        self._paused -= frozenset(resumed)
        return self._obeyed(now, lambda: (agenda_orders.held(self._ledger, resumed), ()))

    def do_not_disturb(self, zones: tuple[ZoneId, ...], passes: Priority | None, now: Now) -> Answer:
        """Suppress what is less urgent than `passes` in these zones (all) when its turn comes; None ends that."""
        for zone in zones or tuple(self._zones):
            self._undisturbed.pop(zone, None)
            if passes is not None:
                self._undisturbed[zone] = passes
        return self._obeyed(now, lambda: ((), ()))

    def _obeyed(self, now: Now, order: Callable[[], Answer]) -> Answer:
        """An order is about what is not over yet."""
        over = self._expired(now)
        self._asked = False
        ids, effects = order()
        return ids, (*over, *effects)

    def _not_over(self) -> tuple[Entry, ...]:
        """Those being spoken that are not over after this, and those that wait."""
        spoken = (one.entry for one in self._ledger.stage if not one.is_last)
        return (*spoken, *self._ledger.lineup)

    def _hearing(self, entry: Entry, now: Now) -> quiet.Hearing:
        return quiet.hearing(entry.zones, entry.priority, now.local, self._zones, self._undisturbed)

    def _why_closed(self, zone: ZoneId, priority: Priority, now: Now) -> str:
        if zone in self._paused and priority is not Priority.ALARM:
            return "paused"
        settings = self._zones.get(zone, ZoneSettings())
        return quiet.why_quiet(settings.quiet, self._undisturbed.get(zone), priority, now.local)

    def _expired(self, now: Now) -> tuple[End, ...]:
        lineup = self._ledger.lineup
        over = (lineup[id_] for id_ in lineup.ends.take_until(now.monotonic_s))
        return tuple(self._ledger.end_waiting(entry.id, *lifetime.over(entry)) for entry in over)

    def _turns(self, now: Now) -> tuple[turns.Turn, ...]:
        """Found out before any of them is taken."""
        house = turns.House(self._zones.keys(), self._paused, self._ledger.stage.by_zone())
        return tuple(turns.turns(self._ledger.lineup, house, lambda entry: self._hearing(entry, now), now.monotonic_s))

    def _taken(self, turn: turns.Turn, now: Now) -> tuple[Effect, ...]:
        entry, hearing = turn.entry, turn.hearing
        if turn.in_the_way:
            return tuple(effect for spoken in turn.in_the_way for effect in self._interrupted(spoken, entry))
        if not hearing.zones:
            return (self._ledger.end_waiting(entry.id, State.SUPPRESSED, hearing.reason),)
        lasts_s = entry.due_by - now.monotonic_s if entry.is_siren and entry.due_by is not None else None
        return (Begin(self._ledger.begin(entry.id, hearing.zones, now.monotonic_s), hearing.reason, lasts_s),)

    def _interrupted(self, spoken: Spoken, by: Entry) -> tuple[Effect, ...]:
        how = urgency.between(by, spoken.entry)
        if how is urgency.Interruption.NONE:
            return ()
        at_once = how is urgency.Interruption.AT_ONCE
        return self._ledger.stage.break_off(spoken.entry.id, at_once=at_once, reason=urgency.why(by))
