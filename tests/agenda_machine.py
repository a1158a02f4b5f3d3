"""A state machine that drives an agenda with everything that can happen, beside a simple model."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from agenda_model import BOUND, PATIENCE_S, REPEAT_MAX, REPEAT_S, Known, Model
from agendas import BEDROOM, EVERYWHERE, KITCHEN, ZONES, at
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from voxd.announcing.agenda import Agenda
from voxd.announcing.agenda_orders import Answer
from voxd.announcing.effects import BrokenOff, Effect, Ending, Failed, Finished, Unheard
from voxd.announcing.selection import Selection
from voxd.errors import BusyError
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.identifiers import AnnouncementId, ZoneId
from voxd.settings import AlarmSettings, AnnouncementSettings

EVENING = datetime(2026, 3, 1, 21, 59, 30, tzinfo=UTC)
SETTINGS = AnnouncementSettings(
    queue_max=BOUND,
    coalesce_s=10.0,
    wait_for_output_s=PATIENCE_S,
    alarms=AlarmSettings(repeat_s=REPEAT_S, repeat_max=REPEAT_MAX),
)


@dataclass(frozen=True)
class Wish:
    """Something to be announced."""

    text: str
    priority: Priority
    zones: tuple[ZoneId, ...]
    ttl_s: float | None
    replaces: str | None
    sentences: int

    def announcement(self, id_: AnnouncementId) -> Announcement:
        return Announcement(
            self.text, self.zones, priority=self.priority, ttl_s=self.ttl_s, replaces=self.replaces, id=id_
        )


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


class AgendaMachine(RuleBasedStateMachine):
    """The agenda is asked what is due after every step, as the announcer does."""

    kind: type[Agenda] = Agenda

    def __init__(self) -> None:
        super().__init__()
        self.agenda = self.kind(SETTINGS, ZONES)
        self.model = Model()
        self.now = at(0.0, EVENING)
        self._ids = count(1)

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

    def _perform(self, known: Known, sentences: int, how: str) -> None:
        ending: dict[str, Ending] = {"finished": Finished(), "broken off": BrokenOff(), "x": Failed("x")}
        had_its_turn = self._note_performed(known, sentences, how)
        effects = self.agenda.performed(
            known.announcement.id,
            ending.get(how, Unheard("y")),
            self.now,
            sentences_heard=known.sentences,
            heard=0.1 * sentences,
        )
        self._follow(effects)
        assert known.where != "spoken"
        if had_its_turn and known.where == "waiting":
            self._note_rest(known)
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

    # How it is driven.

    def _pass(self, seconds: float) -> None:
        self.now = at(self.now.monotonic_s + seconds, EVENING)

    def _follow(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            self.model.follow(effect, self.now)

    def _due(self) -> None:
        self._follow(self.agenda.due(self.now))
        assert self.agenda.due(self.now) == (), "it says the same twice"

    def _obeyed(self, answer: Answer) -> tuple[AnnouncementId, ...]:
        self._follow(answer[1])
        assert len(set(answer[0])) == len(answer[0])
        return answer[0]

    def _order(self, order: str, which: Selection) -> tuple[AnnouncementId, ...]:
        def concerned(known: Known) -> bool:
            here = not which.zones or not set(which.zones).isdisjoint(known.zones)
            return here and which.id in (None, known.announcement.id)

        if order != "clear":
            self.model.ordered(concerned)
        for known in self.model.those("spoken"):
            known.silenced |= order in ("stop", "skip") and known.is_alarm and which.id is None and concerned(known)
        orders = {
            "acknowledge": self.agenda.acknowledge,
            "stop": self.agenda.stop,
            "skip": self.agenda.skip,
            "clear": self.agenda.clear,
        }
        return self._obeyed(orders[order](which, self.now))

    def _ids_of(self, where: str) -> list[str]:
        return [known.announcement.id for known in self.model.those(where)]

    def _note_performed(self, known: Known, sentences: int, how: str) -> bool:
        """Whether it has had its turn, in which case an alarm rests."""
        known.was_heard = known.was_heard or how == "finished" or sentences > 0
        known.sentences += sentences
        if how == "y" and (known.silent_since is None or sentences):
            known.silent_since = self.now.monotonic_s
        if how == "broken off" and sentences:
            known.silent_since = None
        had_its_turn = how in ("finished", "x") or (how == "broken off" and known.silenced)
        known.turns += had_its_turn
        return had_its_turn

    def _note_rest(self, known: Known) -> None:
        """It begins again from its first sentence."""
        assert known.is_alarm, "it waits though it was over"
        assert known.not_before == self.now.monotonic_s + REPEAT_S
        known.sentences, known.silent_since = 0, None

    def _may_replace(self, newer: Known, older: Known) -> bool:
        subject = newer.announcement.replaces
        is_about = subject is not None and subject in (older.announcement.replaces, older.announcement.id)
        return is_about and (newer.is_alarm or not older.is_alarm)

    def _check_refused(self, priority: Priority, before: list[Known]) -> None:
        assert len(before) >= BOUND
        assert all(known.priority > priority or known.is_alarm for known in before)
        assert priority is not Priority.ALARM or len(before) >= 2 * BOUND

    def _check_gone(self, newer: Known, before: list[Known]) -> None:
        """Whoever ended when the newer one came had a reason to."""
        for older in before:
            match older.end:
                case State.CANCELLED:
                    assert not older.is_alarm, "an alarm gave way"
                    assert older.priority <= newer.priority
                    assert len(before) >= BOUND
                case State.REPLACED:
                    assert self._may_replace(newer, older)
                case State.COALESCED:
                    assert not older.is_alarm, "an alarm was coalesced away"
                    assert older.announcement.text == newer.announcement.text
        if newer.end is State.COALESCED:
            self._check_joined(newer)

    def _check_joined(self, newer: Known) -> None:
        alike = [
            known
            for known in self.model.known.values()
            if known is not newer and known.announcement.text == newer.announcement.text
        ]
        assert alike
        for older in alike:
            if newer.reason.endswith(f" {older.announcement.id}"):
                times = (newer.due_by, older.due_by)
                older.due_by = None if None in times else max(time for time in times if time is not None)
        if newer.is_alarm:
            assert any(
                older.is_alarm and (older.where == "waiting" or (older.where == "spoken" and older.turns < REPEAT_MAX))
                for older in alike
            ), "an alarm was coalesced away unheard"
