"""A state machine: everything that can happen to an agenda, and what must hold then."""

from agenda_driver import AgendaDriver, Wish
from agenda_model import Known
from agendas import BEDROOM, EVERYWHERE, KITCHEN
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from voxd.announcing.selection import Selection
from voxd.errors import BusyError
from voxd.model.announcement import Priority
from voxd.model.identifiers import AnnouncementId, ZoneId

SOME_ZONES = st.sampled_from([(KITCHEN,), (BEDROOM,), EVERYWHERE])
WISHES = st.builds(
    Wish,
    text=st.sampled_from("abcdef"),
    priority=st.sampled_from(Priority),
    zones=SOME_ZONES,
    ttl_s=st.sampled_from([None, None, None, 0.0, 3.0, 15.0]),
    replaces=st.sampled_from([None, None, None, None, "washer", "1", "2"]),
    sentences=st.sampled_from([0, 0, 0, 1]),
)
ORDERS = st.sampled_from(["acknowledge", "stop", "skip", "clear"])
INSTANT = st.sampled_from([0.5, 1.0, 3.0, 7.5, 31.0])


class AgendaMachine(AgendaDriver):
    """The agenda is asked what is due after every step, as the announcer does."""

    # What happens.

    @initialize(wishes=st.lists(WISHES, min_size=2, max_size=5))
    def some_are_there(self, wishes: list[Wish]) -> None:
        for wish in wishes:
            self.put(wish)

    @rule(wish=WISHES)
    def put(self, wish: Wish) -> None:
        priority, before = wish.priority, list(self.model.those("waiting"))
        try:
            self.agenda.reserve(priority)
        except BusyError:
            self._check_refused(priority, before)
            return
        self.agenda.release()
        announcement = wish.announcement(AnnouncementId(str(next(self._ids))))
        due_by = None if wish.ttl_s is None else self.now.monotonic_s + wish.ttl_s
        newer = Known(announcement, wish.zones, due_by, sentences=wish.sentences, was_heard=wish.sentences > 0)
        opened = self.model.open_zones(newer, self.now)
        self.model.known[announcement.id] = newer
        self.model.ordered(lambda older: self._may_replace(newer, older))
        effects = self.agenda.put(announcement, wish.zones, self.now, sentences_heard=wish.sentences)
        newer.zones = opened or wish.zones
        self._follow(effects)
        self._check_gone(newer, before)
        self._due()

    @rule(wishes=st.lists(WISHES, min_size=2, max_size=6))
    def put_several(self, wishes: list[Wish]) -> None:
        for wish in wishes:
            self.put(wish)

    @rule(seconds=INSTANT)
    def wait(self, seconds: float) -> None:
        """Time passes, to the next time that something is due at most."""
        next_due = self.agenda.next_due(self.now)
        if next_due is not None and next_due <= seconds:
            early = next_due / 2
            self._pass(early)
            if early:
                assert self.agenda.due(self.now) == (), "something was due before next_due"
            self._pass(next_due - early)
        else:
            self._pass(seconds)
        self._due()

    @precondition(lambda self: self.model.those("spoken"))
    @rule(data=st.data(), sentences=st.integers(0, 1), how=st.sampled_from(["finished", "broken off"] * 2 + ["x", "y"]))
    def end_performance(self, data: st.DataObject, sentences: int, how: str) -> None:
        known = data.draw(st.sampled_from(self.model.those("spoken")))
        if known.asked or how != "broken off":
            self._perform(known, sentences, how)

    @rule(times=st.integers(2, 6))
    def carry_on(self, times: int) -> None:
        """Everything is heard to its end, and what is due next comes, several times."""
        for _ in range(times):
            for known in self.model.those("spoken"):
                self._perform(known, 1, "finished")
            self._pass(self.agenda.next_due(self.now) or 0.0)
            self._due()

    @rule(order=ORDERS, zones=SOME_ZONES)
    def give_order(self, order: str, zones: tuple[ZoneId, ...]) -> None:
        is_alarm_spared = order != "acknowledge"
        before = {id_ for id_, known in self.model.known.items() if known.is_alarm and known.where == "waiting"}
        self._order(order, Selection(zones=zones))
        if is_alarm_spared:
            assert all(self.model.known[id_].where == "waiting" for id_ in before), "an alarm was dropped unnamed"
        self._due()

    @precondition(lambda self: self.model.those("spoken") or self.model.those("waiting"))
    @rule(order=ORDERS, data=st.data())
    def order_one(self, order: str, data: st.DataObject) -> None:
        there = self.model.those("spoken") + self.model.those("waiting")
        known = data.draw(st.sampled_from(there))
        was = known.where
        ids = self._order(order, Selection(id=known.announcement.id))
        wanted = {"acknowledge": known.is_alarm, "stop": True, "skip": was == "spoken", "clear": was == "waiting"}
        assert ids == ((known.announcement.id,) if wanted[order] else ())
        assert known.where == ("over" if was == "waiting" and wanted[order] else was)
        self._due()

    @rule(zones=SOME_ZONES)
    def pause(self, zones: tuple[ZoneId, ...]) -> None:
        self.model.paused |= set(zones)
        self.model.ordered(lambda known: not known.is_alarm and not self.model.paused.isdisjoint(known.zones))
        self._obeyed(self.agenda.pause(zones, self.now))
        self._due()

    @precondition(lambda self: self.model.paused)
    @rule()
    def resume(self) -> None:
        self.model.paused.clear()
        self._obeyed(self.agenda.resume((), self.now))
        self._due()

    @rule(zones=SOME_ZONES, passes=st.sampled_from([None, None, Priority.HIGH, Priority.ALARM]))
    def do_not_disturb(self, zones: tuple[ZoneId, ...], passes: Priority | None) -> None:
        for zone in zones:
            self.model.undisturbed.pop(zone, None)
            if passes is not None:
                self.model.undisturbed[zone] = passes
        self._obeyed(self.agenda.do_not_disturb(zones, passes, self.now))
        self._due()

    @rule()
    def wake(self) -> None:
        self.agenda.wake(self.now)
        for known in self.model.those("waiting"):
            if known.silent_since is not None:
                known.not_before = min(known.not_before, self.now.monotonic_s)
        self._due()

    # What must hold.

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        assert sorted(entry.id for entry in self.agenda.waiting) == sorted(self._ids_of("waiting")), "one was lost"
        assert sorted(self.agenda.spoken) == sorted(self._ids_of("spoken"))
        assert len(self.agenda) == len(self.agenda.waiting)

    @invariant()
    def the_rules_are_kept(self) -> None:
        self.model.check(self.now)

    @invariant()
    def nothing_changes_before_it_was_asked_for(self) -> None:
        change, next_due = self.model.next_change(self.now), self.agenda.next_due(self.now)
        assert change is None or (next_due is not None and next_due <= max(change, 0.0) + 1e-9), "it oversleeps"
