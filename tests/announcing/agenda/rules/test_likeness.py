"""Which announcements say the same, and which of two is superfluous."""

from typing import Any

import pytest
from agendas import ALARM, BEDROOM, EVERYWHERE, HIGH, KITCHEN, LOW, NORMAL, said

from voxd.announcing.agenda.entry import Entry
from voxd.announcing.agenda.rules.likeness import Superfluous, beside_spoken, beside_waiting, likeness
from voxd.model.announcement import Priority

NEITHER, NEWER, OLDER = Superfluous


@pytest.mark.parametrize(
    ("options", "alike"),
    [
        ({}, True),
        ({"priority": HIGH, "volume": 10, "source": "elsewhere", "ttl_s": 3.0}, True),
        ({"text": "tea"}, False),
        ({"voice": "mum"}, False),
    ],
)
def test_the_same_text_in_the_same_voice_is_the_same(options: dict[str, Any], alike: bool) -> None:
    one, other = said("1", text="dinner"), said("2", **({"text": "dinner"} | options))
    assert (likeness(one, EVERYWHERE) == likeness(other, (BEDROOM, KITCHEN))) is alike


def test_in_other_zones_it_is_another() -> None:
    assert likeness(said("1"), (KITCHEN,)) != likeness(said("1"), EVERYWHERE)


@pytest.mark.parametrize(
    ("newer", "older", "expected"),
    [
        (NORMAL, NORMAL, NEWER),
        (LOW, NORMAL, NEWER),
        (HIGH, NORMAL, OLDER),
        (ALARM, ALARM, NEWER),
        (ALARM, HIGH, OLDER),
        (NORMAL, ALARM, NEWER),
    ],
)
def test_of_two_that_wait_the_less_urgent_is_not_said(newer: Priority, older: Priority, expected: Superfluous) -> None:
    assert beside_waiting(newer, older) is expected


@pytest.mark.parametrize(
    ("newer", "older", "begun_s", "comes_again", "expected"),
    [
        (NORMAL, NORMAL, 9.9, False, NEWER),
        (NORMAL, NORMAL, 10.0, False, NEITHER),
        (HIGH, LOW, 1.0, False, NEWER),
        (NORMAL, ALARM, 1.0, True, NEWER),
        (NORMAL, ALARM, 10.0, True, NEITHER),
        (ALARM, NORMAL, 1.0, False, NEITHER),
        (ALARM, ALARM, 1.0, False, NEITHER),
        (ALARM, ALARM, 60.0, True, NEWER),
    ],
)
def test_what_was_begun_a_moment_ago_is_not_said_again_but_an_alarm_is_heard_from_its_beginning(
    newer: Priority, older: Priority, begun_s: float, comes_again: bool, expected: Superfluous
) -> None:
    spoken = Entry(said("1", older), EVERYWHERE, 0.0)
    assert beside_spoken(newer, spoken, begun_s=begun_s, coalesce_s=10.0, comes_again=comes_again) is expected
