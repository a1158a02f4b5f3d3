"""The order at an engine: alarm, announcement, rendering; first come, first served among equals; bounded."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxd.errors import BusyError
from voxd.synthesis.admission import Admission, Place, Urgency

RENDERING, ANNOUNCEMENT, ALARM = Urgency


async def begun(place: Place, order: list[Place]) -> None:
    try:
        await place.turn()
        order.append(place)
        await asyncio.sleep(0)
    finally:
        place.leave()


@given(st.lists(st.sampled_from(list(Urgency)), max_size=12), st.integers(1, 3))
def test_the_urgent_go_first_and_equals_in_the_order_of_their_coming(arrivals: list[Urgency], slots: int) -> None:
    async def run() -> None:
        admission, order = Admission(slots, 100), list[Place]()
        holders = [admission.place(ALARM) for _ in range(slots)]
        for holder in holders:
            await holder.turn()
        places = [admission.place(urgency) for urgency in arrivals]
        async with asyncio.TaskGroup() as tasks:
            for place in places:
                tasks.create_task(begun(place, order))
            await asyncio.sleep(0)
            for holder in holders:
                holder.leave()
        assert order == sorted(places, key=lambda place: -place.urgency)

    asyncio.run(run())


async def test_no_more_speak_at_once_than_the_engine_can() -> None:
    admission = Admission(2, 10)
    places = [admission.place(RENDERING) for _ in range(4)]
    waiting = [asyncio.ensure_future(place.turn()) for place in places]
    await asyncio.sleep(0)
    assert [place.speaking for place in places] == [True, True, False, False]
    places[1].leave()
    assert [place.speaking for place in places[2:]] == [True, False]
    waiting[3].cancel()
    await asyncio.wait(waiting)


async def test_announcements_overtake_renderings_where_the_engine_can_speak_more() -> None:
    admission = Admission(2, 10, overtaking=1)
    places = [admission.place(urgency) for urgency in (*[RENDERING] * 3, *[ANNOUNCEMENT] * 2)]
    waiting = [asyncio.ensure_future(place.turn()) for place in places]
    await asyncio.sleep(0)
    assert [place.speaking for place in places] == [True, True, False, True, False]
    places[0].leave()
    assert [place.speaking for place in places[1:]] == [True, False, True, True]
    places[3].leave()
    places[1].leave()
    assert [place.speaking for place in places[2:3]] == [True]
    await asyncio.wait(waiting)


async def test_announcements_among_themselves_are_no_more_than_the_engine_can() -> None:
    admission = Admission(1, 10, overtaking=1)
    places = [admission.place(ALARM) for _ in range(2)]
    waiting = [asyncio.ensure_future(place.turn()) for place in places]
    await asyncio.sleep(0)
    assert [place.speaking for place in places] == [True, False]
    places[0].leave()
    await asyncio.wait(waiting)


async def test_one_who_leaves_while_waiting_is_not_given_a_turn() -> None:
    admission = Admission(1, 10)
    first, second, third = (admission.place(RENDERING) for _ in range(3))
    await first.turn()
    waiting = asyncio.ensure_future(second.turn())
    turn = asyncio.ensure_future(third.turn())
    await asyncio.sleep(0)
    waiting.cancel()
    first.leave()
    await turn
    assert third.speaking
    second.leave()


async def test_who_is_promoted_overtakes() -> None:
    admission, order = Admission(1, 10), list[Place]()
    first, second, third = (admission.place(RENDERING) for _ in range(3))
    await first.turn()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(begun(second, order))
        tasks.create_task(begun(third, order))
        await asyncio.sleep(0)
        third.promote(ALARM)
        third.promote(RENDERING)
        first.leave()
    assert order == [third, second]


async def test_a_full_queue_refuses_equals_and_lets_the_urgent_displace_the_latest_of_the_least_urgent() -> None:
    admission = Admission(1, 2)
    speaking, early, late = (admission.place(RENDERING) for _ in range(3))
    await speaking.turn()
    lost = asyncio.ensure_future(late.turn())
    await asyncio.sleep(0)
    with pytest.raises(BusyError):
        admission.place(RENDERING)
    alarm = admission.place(ALARM)
    with pytest.raises(BusyError):
        await lost
    assert (late.lost, early.lost, alarm.lost) == (True, False, False)
    admission.place(ANNOUNCEMENT)
    assert early.lost
    with pytest.raises(BusyError):
        await early.turn()
    with pytest.raises(BusyError):
        admission.place(ANNOUNCEMENT)
    assert not speaking.lost
