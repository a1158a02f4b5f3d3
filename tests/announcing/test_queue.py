"""The queue: who comes first, and who finds no place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxd.announcing.queue import Queue
from voxd.errors import BusyError
from voxd.model.announcement import Announcement, Priority
from voxd.model.identifiers import ZoneId

HOME = (ZoneId("home"),)


def put(queue: Queue, text: str, priority: Priority = Priority.NORMAL) -> None:
    queue.put(Announcement(text, priority=priority), HOME, now=0.0)


def drained(queue: Queue) -> list[str]:
    taken = []
    while (waiting := queue.take(lambda _: True)) is not None:
        taken.append(waiting.announcement.text)
    return taken


def test_the_more_urgent_comes_first_and_equals_in_the_order_of_arrival() -> None:
    queue = Queue(10)
    put(queue, "low", Priority.LOW)
    put(queue, "first")
    put(queue, "alarm", Priority.ALARM)
    put(queue, "second")
    assert drained(queue) == ["alarm", "first", "second", "low"]


@given(st.lists(st.sampled_from(Priority)))
def test_any_arrivals_leave_sorted_by_priority_then_arrival(priorities: list[Priority]) -> None:
    queue = Queue(1000)
    for number, priority in enumerate(priorities):
        put(queue, str(number), priority)
    expected = sorted(range(len(priorities)), key=lambda number: (-priorities[number], number))
    assert drained(queue) == [str(number) for number in expected]


def test_one_that_may_not_start_lets_the_next_pass() -> None:
    queue = Queue(10)
    put(queue, "blocked", Priority.HIGH)
    put(queue, "free")
    taken = queue.take(lambda waiting: waiting.announcement.text == "free")
    assert taken is not None
    assert taken.announcement.text == "free"
    assert drained(queue) == ["blocked"]


def test_a_full_queue_refuses_but_alarms_find_a_place() -> None:
    queue = Queue(2)
    for text in ("one", "two"):
        queue.reserve(Priority.NORMAL)
        put(queue, text)
        queue.release()
    with pytest.raises(BusyError):
        queue.reserve(Priority.HIGH)
    queue.reserve(Priority.ALARM)


def test_reserved_places_count() -> None:
    queue = Queue(1)
    queue.reserve(Priority.NORMAL)
    with pytest.raises(BusyError):
        queue.reserve(Priority.NORMAL)
    queue.release()
    queue.reserve(Priority.NORMAL)
