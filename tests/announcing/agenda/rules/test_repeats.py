"""How often an alarm is spoken, and how it ends."""

from typing import Any

import pytest
from agendas import ALARM, EVERYWHERE, said

from voxd.announcing.agenda.entry import Entry, Silence
from voxd.announcing.agenda.rules.repeats import Repetition, acknowledged, repetition, turn_has_come, unacknowledged
from voxd.model.announcement import State
from voxd.settings import AlarmSettings


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, Repetition(30.0, 20)),
        ({"repeat_s": 5.0}, Repetition(5.0, 20)),
        ({"repeat_max": 0}, Repetition(30.0, 0)),
        ({"repeat_s": 5.0, "repeat_max": 3}, Repetition(5.0, 3)),
    ],
)
def test_an_alarm_is_repeated_as_its_sender_wants_else_as_the_owner(
    options: dict[str, Any], expected: Repetition
) -> None:
    assert repetition(said("1", ALARM, **options), AlarmSettings()) == expected


@pytest.mark.parametrize(
    ("at_most", "turns", "expected"), [(0, 1, False), (1, 1, True), (1, 2, False), (20, 20, True), (20, 21, False)]
)
def test_it_is_spoken_once_and_so_many_times_again(at_most: int, turns: int, expected: bool) -> None:
    assert Repetition(30.0, at_most).comes_after(turns) is expected


def test_between_repeats_it_tells_when_the_next_one_is() -> None:
    assert Repetition(30.0, 3).reason == "Repeated in 30 s until it is acknowledged"


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        ({}, (State.CANCELLED, "Acknowledged before it was heard")),
        ({"failures": 2}, (State.CANCELLED, "Acknowledged before it was heard")),
        ({"heard": 0.1}, (State.FINISHED, "Acknowledged")),
        ({"sentences_heard": 1}, (State.FINISHED, "Acknowledged")),
        ({"repeats": 1}, (State.FINISHED, "Acknowledged")),
    ],
)
def test_an_alarm_that_is_acknowledged_was_heard_or_is_cancelled(
    progress: dict[str, Any], expected: tuple[State, str]
) -> None:
    assert acknowledged(Entry(said("1", ALARM), EVERYWHERE, 0.0, **progress)) == expected


@pytest.mark.parametrize(("repeats", "expected"), [(1, ""), (2, "Nobody acknowledged it")])
def test_an_alarm_that_was_repeated_to_its_end_tells_that_nobody_acknowledged_it(repeats: int, expected: str) -> None:
    heard = Entry(said("1", ALARM), EVERYWHERE, 0.0, repeats=repeats)
    assert unacknowledged(heard) == (State.FINISHED, expected)


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        ({}, False),
        ({"repeats": 1}, True),
        ({"failures": 1}, True),
        ({"heard": 0.2}, True),
        ({"silence": Silence(0.0, 1, "The device is gone")}, True),
    ],
)
def test_the_house_knows_of_an_alarm_whose_turn_has_come(progress: dict[str, Any], expected: bool) -> None:
    assert turn_has_come(Entry(said("1", ALARM), EVERYWHERE, 0.0, **progress)) is expected
