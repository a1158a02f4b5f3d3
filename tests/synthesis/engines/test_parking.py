"""The parking of started processes: few, fresh, and gone when nobody comes."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from waiting import until

from voxd.lib.child_process import ChildProcess
from voxd.synthesis.engines.parking import Parking


@pytest.fixture
async def parking() -> AsyncIterator[Parking[str]]:
    made = Parking[str](idle_s=0.05)
    yield made
    await made.clear()


async def test_a_child_is_taken_once_and_only_by_its_kind(parking: Parking[str]) -> None:
    child = ChildProcess(["cat"])
    parking.add("a", child)
    assert parking.take("b") is None
    assert parking.take("a") is child
    assert parking.take("a") is None
    await child.end()


async def test_the_one_parked_longest_makes_room(parking: Parking[str]) -> None:
    children = {kind: ChildProcess(["cat"]) for kind in "abc"}
    for kind, child in children.items():
        parking.add(kind, child)
    await asyncio.sleep(0.02)
    assert [child.alive for child in children.values()] == [False, True, True]


async def test_all_leave_after_a_while_of_quiet(parking: Parking[str]) -> None:
    child = ChildProcess(["cat"])
    parking.add("a", child)
    await until(lambda: not child.alive)
    assert parking.take("a") is None
