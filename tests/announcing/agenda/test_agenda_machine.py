"""Whatever happens in whatever order, the agenda keeps the promises of a simple model; a broken one does not."""

from collections.abc import Mapping

import pytest
from agenda_machine import AgendaMachine
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from voxd.announcing.agenda.agenda import Agenda
from voxd.announcing.agenda.effects import BrokenOff, Effect, Ending
from voxd.announcing.agenda.entry import Entry, Now
from voxd.announcing.agenda.stage import Spoken
from voxd.model.identifiers import AnnouncementId, ZoneId
from voxd.settings import AnnouncementSettings, ZoneSettings

TRIED = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
HUNTED = settings(TRIED, max_examples=300, phases=(Phase.generate,))


class Forgetful(Agenda):
    """Loses what was interrupted."""

    def performed(
        self, id_: AnnouncementId, ending: Ending, now: Now, *, sentences_heard: int = 0, heard: float = 0.0
    ) -> tuple[Effect, ...]:
        effects = super().performed(id_, ending, now, sentences_heard=sentences_heard, heard=heard)
        if isinstance(ending, BrokenOff) and self.get(id_) is not None:
            self._ledger.lineup.remove(id_)
        return effects


class Oversleeping(Agenda):
    """Comes a second late to what is due."""

    def next_due(self, now: Now) -> float | None:
        due = super().next_due(now)
        return due + 1.0 if due else due


class Polite(Agenda):
    """Lets everybody finish, alarms or not."""

    def _interrupted(self, spoken: Spoken, by: Entry) -> tuple[Effect, ...]:
        del spoken, by
        return ()


class Insistent(Agenda):
    """Repeats an alarm once too often."""

    def configure(self, settings: AnnouncementSettings, zones: Mapping[ZoneId, ZoneSettings]) -> None:
        alarms = settings.alarms.model_copy(update={"repeat_max": settings.alarms.repeat_max + 1})
        super().configure(settings.model_copy(update={"alarms": alarms}), zones)


def machine_of(agenda: type[Agenda]) -> type[AgendaMachine]:
    return type(f"{agenda.__name__}Machine", (AgendaMachine,), {"kind": agenda})


def test_the_agenda_keeps_its_promises_whatever_happens() -> None:
    run_state_machine_as_test(AgendaMachine, settings=TRIED)


@pytest.mark.parametrize(
    ("seeded", "objection"),
    [
        (Forgetful, "one was lost"),
        (Oversleeping, "it oversleeps"),
        (Polite, "an alarm is kept waiting"),
        (Insistent, "an alarm is repeated too often"),
    ],
)
def test_the_state_machine_tests_find_a_seeded_bug(seeded: type[Agenda], objection: str) -> None:
    with pytest.raises(AssertionError, match=objection):
        run_state_machine_as_test(machine_of(seeded), settings=HUNTED)
