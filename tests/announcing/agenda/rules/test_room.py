"""Who finds a place."""

import pytest
from agendas import ALARM, HIGH, LOW, NORMAL

from voxd.announcing.agenda.rules.room import has_room
from voxd.model.announcement import Priority


@pytest.mark.parametrize(
    ("priority", "waiting", "yielding", "reserved", "expected"),
    [
        (LOW, 0, 0, 0, True),
        (LOW, 2, 0, 0, True),
        (LOW, 2, 0, 1, False),
        (LOW, 3, 0, 0, False),
        (NORMAL, 3, 1, 0, True),
        (NORMAL, 3, 1, 1, False),
        (NORMAL, 2, 1, 1, True),
        (HIGH, 4, 1, 0, True),
        (HIGH, 4, 0, 0, False),
        (ALARM, 3, 0, 0, True),
        (ALARM, 3, 0, 2, True),
        (ALARM, 3, 0, 3, False),
        (ALARM, 6, 0, 0, False),
        (ALARM, 6, 1, 0, True),
    ],
)
def test_where_three_may_wait_one_takes_the_place_of_what_is_not_above_it(
    priority: Priority, waiting: int, yielding: int, reserved: int, expected: bool
) -> None:
    room = has_room(priority, waiting=waiting, yielding=yielding, reserved=reserved, bound=3)
    assert room is expected
