"""A simple model of what is promised of announcements; it is told every effect, and objects."""

from collections.abc import Callable
from dataclasses import dataclass, field

from agendas import BEDROOM, ZONES

from voxd.announcing.agenda.effects import Begin, BreakOff, Effect, End, Wait
from voxd.announcing.agenda.entry import Now
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.identifiers import AnnouncementId, ZoneId

BOUND, REPEAT_S, REPEAT_MAX, PATIENCE_S = 3, 5.0, 2, 20.0


@dataclass
class Known:
    """What the model knows of one announcement."""

    announcement: Announcement
    zones: tuple[ZoneId, ...]
    due_by: float | None
    where: str = "waiting"
    not_before: float = 0.0
    sentences: int = 0
    turns: int = 0
    was_heard: bool = False
    silent_since: float | None = None
    asked: str = ""
    ordered: bool = False
    silenced: bool = False
    end: State | None = None
    reason: str = ""

    @property
    def priority(self) -> Priority:
        return self.announcement.priority

    @property
    def is_alarm(self) -> bool:
        return self.priority is Priority.ALARM

    @property
    def over_at(self) -> float | None:
        """When it is over by itself."""
        if self.due_by is not None or self.silent_since is None:
            return self.due_by
        return self.silent_since + PATIENCE_S


@dataclass
class Model:
    """Every announcement that was ever taken over."""

    known: dict[AnnouncementId, Known] = field(default_factory=dict)
    paused: set[ZoneId] = field(default_factory=set)
    undisturbed: dict[ZoneId, Priority] = field(default_factory=dict)

    def those(self, where: str) -> list[Known]:
        return [known for known in self.known.values() if known.where == where]

    def open_zones(self, known: Known, now: Now) -> tuple[ZoneId, ...]:
        """Where it may be heard."""
        return tuple(zone for zone in known.zones if self._is_open(zone, known.priority, now))

    def _is_open(self, zone: ZoneId, priority: Priority, now: Now) -> bool:
        if priority is Priority.ALARM:
            return True
        is_night = zone == BEDROOM and (now.local.hour >= 22 or now.local.hour < 7)
        return priority >= self.undisturbed.get(zone, Priority.LOW) and not (is_night and priority < Priority.HIGH)

    def may_begin(self, known: Known, now: Now) -> bool:
        """Nothing but others keeps it from beginning."""
        is_held = not known.is_alarm and not self.paused.isdisjoint(known.zones)
        return known.not_before <= now.monotonic_s and not is_held

    # What the agenda does.

    def follow(self, effect: Effect, now: Now) -> None:
        """Note it, after checking that it is allowed now."""
        match effect:
            case Begin(entry):
                self._begins(self.known[entry.id], entry.zones, entry.sentences_heard, now)
            case BreakOff(id_, at_once):
                self._is_broken_off(self.known[id_], at_once, now)
            case Wait(entry):
                assert self.known[entry.id].where == "spoken"
                self.known[entry.id].where = "waiting"
                self.known[entry.id].not_before = entry.not_before
            case End(announcement, state, reason):
                self._ends(self.known[announcement.id], state, reason, now)

    def _begins(self, known: Known, zones: tuple[ZoneId, ...], sentences: int, now: Now) -> None:
        assert known.where == "waiting"
        assert self.may_begin(known, now)
        assert zones
        assert zones == self.open_zones(known, now)
        assert known.over_at is None or now.monotonic_s < known.over_at, "it begins after its time to live"
        assert sentences == known.sentences, "it does not go on with the sentence that was cut"
        assert known.turns <= REPEAT_MAX, "an alarm is repeated too often"
        for other in self.those("spoken"):
            assert set(other.zones).isdisjoint(zones), "two speak in one zone"
        for other in self.those("waiting"):
            if other.priority > known.priority and self.may_begin(other, now):
                assert set(self.open_zones(other, now)).isdisjoint(zones), "the more urgent waits"
        known.where, known.zones = "spoken", zones
        known.asked, known.ordered, known.silenced = "", False, False

    def _is_broken_off(self, known: Known, at_once: bool, now: Now) -> None:
        assert known.where == "spoken"
        assert known.asked == "" or (known.asked == "after" and at_once), "it was asked for already"
        known.asked = "at once" if at_once else "after"
        if known.ordered:
            return
        claimants = [
            other.priority
            for other in self.those("waiting")
            if other.priority > known.priority
            and self.may_begin(other, now)
            and not set(self.open_zones(other, now)).isdisjoint(known.zones)
        ]
        assert max(claimants, default=Priority.LOW) >= (Priority.ALARM if at_once else Priority.HIGH)

    def _ends(self, known: Known, state: State, reason: str, now: Now) -> None:
        assert known.where != "over", "it ends twice"
        match state:
            case State.EXPIRED:
                assert known.due_by is not None
                assert now.monotonic_s >= known.due_by
            case State.SUPPRESSED:
                assert not known.is_alarm
                assert not self.open_zones(known, now)
            case State.FINISHED:
                assert known.was_heard, "nobody heard it"
        if state is State.FAILED:
            silent_for_long = known.over_at is not None and now.monotonic_s >= known.over_at
            assert silent_for_long or known.turns > (REPEAT_MAX if known.is_alarm else 0)
        known.where, known.end, known.reason = "over", state, reason

    # What must hold whenever the agenda was asked.

    def check(self, now: Now) -> None:
        waiting = self.those("waiting")
        for known in waiting:
            assert known.over_at is None or now.monotonic_s < known.over_at, "nobody told that it expired"
        others = [known for known in waiting if not known.is_alarm]
        assert len(others) <= BOUND + len(ZONES), "more wait than may"
        assert len(waiting) <= 2 * BOUND + len(ZONES), "more wait than may"
        ready = [known for known in waiting if self.may_begin(known, now)]
        if not ready:
            return
        top = max(known.priority for known in ready)
        first = [known for known in ready if known.priority is top]
        assert any(self.those("spoken")), "it is silent though something might be said"
        if top is Priority.ALARM:
            assert all(self._alarm_is_served(known) for known in first), "an alarm is kept waiting"

    def _alarm_is_served(self, alarm: Known) -> bool:
        """Everything in its way is broken off, or it takes its turn with another alarm."""
        others = [known for known in self.known.values() if known is not alarm and known.where in ("spoken", "waiting")]
        rivals = [known for known in others if known.is_alarm]
        in_the_way = [known for known in self.those("spoken") if not set(known.zones).isdisjoint(alarm.zones)]
        return any(rivals) or (bool(in_the_way) and all(known.asked == "at once" for known in in_the_way))

    def next_change(self, now: Now) -> float | None:
        """In how many seconds something happens by itself at the earliest."""
        waiting = self.those("waiting")
        times = [known.over_at for known in waiting if known.over_at is not None]
        times += [known.not_before for known in waiting if known.not_before > now.monotonic_s]
        return min(times) - now.monotonic_s if times else None

    def ordered(self, chosen: Callable[[Known], bool]) -> None:
        """Somebody wants those that are being spoken broken off."""
        for known in self.those("spoken"):
            known.ordered = known.ordered or chosen(known)
