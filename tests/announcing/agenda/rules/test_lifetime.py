"""When an announcement that waits is over by itself."""

from typing import Any

import pytest
from agendas import ALARM, EVERYWHERE, NORMAL, said

from voxd.announcing.agenda.entry import Entry, Silence
from voxd.announcing.agenda.rules.lifetime import ends_by, later, over
from voxd.model.announcement import Priority, State
from voxd.settings import AnnouncementSettings

LOST = Silence(100.0, 3, "The device is gone")


@pytest.mark.parametrize(
    ("priority", "progress", "expected"),
    [
        (NORMAL, {}, None),
        (NORMAL, {"due_by": 50.0}, 50.0),
        (NORMAL, {"silence": LOST}, 400.0),
        (NORMAL, {"silence": LOST, "due_by": 1000.0}, 1000.0),
        (ALARM, {"silence": LOST}, 700.0),
        (ALARM, {"silence": LOST, "due_by": 300.0}, 300.0),
    ],
)
def test_it_waits_for_its_time_to_live_else_for_an_output(
    priority: Priority, progress: dict[str, Any], expected: float | None
) -> None:
    """An alarm without a time to live waits as long as its repeats, 20 every 30 s, would take."""
    rules = AnnouncementSettings(wait_for_output_s=300.0)
    assert ends_by(Entry(said("1", priority), EVERYWHERE, 0.0, **progress), rules) == expected


def test_an_alarm_that_is_not_repeated_waits_for_an_output_like_the_others() -> None:
    rules = AnnouncementSettings(wait_for_output_s=300.0)
    alarm = said("1", ALARM, repeat_max=0)
    assert ends_by(Entry(alarm, EVERYWHERE, 0.0, silence=LOST), rules) == 400.0


@pytest.mark.parametrize(
    ("priority", "progress", "expected"),
    [
        (NORMAL, {"due_by": 5.0}, (State.EXPIRED, "Its time to live was over before its turn came")),
        (NORMAL, {"due_by": 5.0, "heard": 0.3}, (State.EXPIRED, "Its time to live was over before it could go on")),
        (
            NORMAL,
            {"due_by": 5.0, "silence": LOST},
            (State.EXPIRED, "Its time to live was over before it could be heard: The device is gone"),
        ),
        (NORMAL, {"silence": LOST}, (State.FAILED, "The device is gone")),
        (ALARM, {"due_by": 5.0}, (State.EXPIRED, "Its time to live was over before its turn came")),
        (ALARM, {"due_by": 5.0, "repeats": 2}, (State.FINISHED, "Nobody acknowledged it")),
        (ALARM, {"silence": LOST, "repeats": 2}, (State.FINISHED, "Nobody acknowledged it: The device is gone")),
    ],
)
def test_how_it_ends_then(priority: Priority, progress: dict[str, Any], expected: tuple[State, str]) -> None:
    assert over(Entry(said("1", priority), EVERYWHERE, 0.0, **progress)) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"), [(1.0, 2.0, 2.0), (2.0, 1.0, 2.0), (None, 1.0, None), (1.0, None, None)]
)
def test_whoever_joins_lives_on_in_the_other(one: float | None, other: float | None, expected: float | None) -> None:
    assert later(one, other) == expected
