"""What becomes of an announcement when its performance is over."""

from typing import Any

import pytest
from agendas import ALARM, EVERYWHERE, NORMAL, said

from voxd.announcing.agenda.effects import BrokenOff, End, Ending, Failed, Finished, Unheard
from voxd.announcing.agenda.entry import Entry
from voxd.announcing.agenda.rules.afterwards import afterwards
from voxd.announcing.agenda.stage import Spoken
from voxd.model.announcement import Priority, State
from voxd.settings import AlarmSettings, AnnouncementSettings

SETTINGS = AnnouncementSettings(alarms=AlarmSettings(repeat_s=30.0, repeat_max=2))
STOPPED = {"end": (State.INTERRUPTED, "Stopped"), "reason": "Stopped"}
SILENCED = {"silenced": True, "reason": "Stopped"}
ACKNOWLEDGED = {"acknowledged": True, "reason": "Acknowledged"}
REPEATED = "Repeated in 30 s until it is acknowledged"


@pytest.mark.parametrize(
    ("priority", "progress", "asked", "ending", "expected"),
    [
        (NORMAL, {}, {}, Finished(), ("finished", "")),
        (NORMAL, {}, STOPPED, Finished(), ("finished", "")),
        (NORMAL, {}, STOPPED, BrokenOff(), ("interrupted", "Stopped")),
        (NORMAL, {}, STOPPED, Failed("No engine"), ("interrupted", "Stopped")),
        (NORMAL, {}, {"reason": "Paused"}, BrokenOff(), ("waits", "Paused")),
        (NORMAL, {}, {}, BrokenOff(), ("waits", "The rest is spoken later")),
        (NORMAL, {"due_by": 99.0}, {"reason": "Paused"}, BrokenOff(), ("expired", None)),
        (NORMAL, {}, {}, Failed("No engine"), ("failed", "No engine")),
        (NORMAL, {}, {}, Unheard("No output"), ("waits", "No output")),
        (NORMAL, {"due_by": 100.0}, {}, Unheard("No output"), ("expired", None)),
        (ALARM, {}, {}, Finished(), ("waits", REPEATED)),
        (ALARM, {"repeats": 1}, {}, Finished(), ("waits", REPEATED)),
        (ALARM, {"repeats": 2}, {}, Finished(), ("finished", "Nobody acknowledged it")),
        (ALARM, {"repeats": 1}, STOPPED, Finished(), ("finished", "Stopped")),
        (ALARM, {}, ACKNOWLEDGED, Finished(), ("finished", "Acknowledged")),
        (ALARM, {}, ACKNOWLEDGED, BrokenOff(), ("cancelled", "Acknowledged before it was heard")),
        (ALARM, {"heard": 0.1}, ACKNOWLEDGED, BrokenOff(), ("finished", "Acknowledged")),
        (ALARM, {}, SILENCED, BrokenOff(), ("waits", REPEATED)),
        (ALARM, {"repeats": 2}, SILENCED, BrokenOff(), ("interrupted", "Stopped")),
        (ALARM, {}, {}, Failed("No engine"), ("waits", f"No engine. {REPEATED}")),
        (ALARM, {"failures": 2}, {}, Failed("No engine"), ("failed", "No engine")),
        (ALARM, {"repeats": 2}, {}, Failed("No engine"), ("finished", "No engine")),
    ],
)
def test_it_is_over_or_waits_for_its_repeat_its_rest_or_an_output(
    priority: Priority,
    progress: dict[str, Any],
    asked: dict[str, Any],
    ending: Ending,
    expected: tuple[str, str | None],
) -> None:
    spoken = Spoken(Entry(said("1", priority), EVERYWHERE, 0.0, **progress), 90.0, **asked)
    after = afterwards(spoken, ending, SETTINGS, now=100.0)
    state = str(after.state) if isinstance(after, End) else "waits"
    assert (state, after.reason if expected[1] is not None else None) == expected


def test_an_alarm_rests_and_then_begins_again() -> None:
    spoken = Spoken(Entry(said("1", ALARM), EVERYWHERE, 0.0, sentences_heard=3, heard=1.0), 90.0)
    after = afterwards(spoken, Finished(), SETTINGS, now=100.0)
    assert not isinstance(after, End)
    rested = after.entry
    assert (rested.not_before, rested.sentences_heard, rested.heard, rested.repeats) == (130.0, 0, 0.0, 1)
