"""Drives an agenda beside a simple model, and compares them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from agenda_model import BOUND, PATIENCE_S, REPEAT_MAX, REPEAT_S, Known, Model
from agendas import ZONES, at
from hypothesis.stateful import RuleBasedStateMachine

from voxd.announcing.agenda.agenda import Agenda
from voxd.announcing.agenda.effects import BrokenOff, Effect, Ending, Failed, Finished, Unheard
from voxd.announcing.agenda.orders import Answer
from voxd.announcing.selection import Selection
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


class AgendaDriver(RuleBasedStateMachine):
    """Everything that can be done to an agenda of that `kind`; the rules are in agenda_machine.py."""

    kind: type[Agenda] = Agenda

    def __init__(self) -> None:
        super().__init__()
        self.agenda = self.kind(SETTINGS, ZONES)
        self.model = Model()
        self.now = at(0.0, EVENING)
        self._ids = count(1)

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
