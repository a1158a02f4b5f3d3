"""When a newer announcement replaces an older one."""

import pytest
from agendas import ALARM, EVERYWHERE, HIGH, LOW, NORMAL, said

from voxd.announcing.agenda.entry import Entry
from voxd.announcing.agenda.rules.subjects import at_once, may_replace, takes_its_place
from voxd.model.announcement import Priority


@pytest.mark.parametrize(
    ("newer", "older", "expected"),
    [
        (LOW, HIGH, True),
        (HIGH, LOW, True),
        (HIGH, ALARM, False),
        (ALARM, ALARM, True),
        (ALARM, LOW, True),
    ],
)
def test_an_alarm_is_replaced_by_an_alarm_only(newer: Priority, older: Priority, expected: bool) -> None:
    assert may_replace(newer, older) is expected


@pytest.mark.parametrize("newer", Priority)
def test_only_an_alarm_cuts_the_sentence_of_the_one_it_replaces(newer: Priority) -> None:
    assert at_once(newer) is (newer is ALARM)


@pytest.mark.parametrize(
    ("newer", "older", "repeats", "expected"),
    [(NORMAL, NORMAL, 0, True), (HIGH, NORMAL, 0, False), (ALARM, ALARM, 0, True), (ALARM, ALARM, 1, False)],
)
def test_among_equals_the_newer_waits_where_the_older_one_did(
    newer: Priority, older: Priority, repeats: int, expected: bool
) -> None:
    one = Entry(said("1", older), EVERYWHERE, 0.0, repeats=repeats)
    assert takes_its_place(Entry(said("2", newer), EVERYWHERE, 0.0), one) is expected
