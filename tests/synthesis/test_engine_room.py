"""All engines together: their start, their end, and how they are."""

import asyncio

import pytest
from engines_for_tests import SineEngine, WatchedSine
from waiting import until

from voxd.errors import EngineError, VoxdError
from voxd.synthesis.engine import EngineHealth
from voxd.synthesis.engine_room import EngineRoom


class Unwell(SineEngine):
    """It cannot start."""

    async def start(self) -> None:
        raise EngineError("There is no such program")


async def test_an_engine_that_cannot_start_leaves_the_others_their_voices() -> None:
    well = SineEngine("well")
    room = EngineRoom({"unwell": Unwell("unwell"), "well": well})
    await room.start()
    assert well.started
    assert room.health() == {
        "unwell": EngineHealth("failed", "There is no such program"),
        "well": EngineHealth("ready"),
    }
    assert not room.ready("unwell")
    assert room.ready("well")
    assert not room.ready("unknown")
    await room.stop()
    assert not well.started


async def test_where_no_engine_can_start_that_is_said() -> None:
    with pytest.raises(VoxdError, match=r"No engine can speak\. unwell: There is no such program"):
        await EngineRoom({"unwell": Unwell("unwell")}).start()


async def test_it_tells_of_watched_engines_that_are_not_ready() -> None:
    one, other = WatchedSine("one"), WatchedSine("other", "failed")
    room = EngineRoom({"one": one, "other": other, "plain": SineEngine("plain")})
    assert room.remark() == "one is loading, other cannot speak"
    assert list(room.watched()) == ["one", "other"]
    one.turn("ready")
    assert room.remark() == "other cannot speak"


async def test_whoever_waits_goes_on_when_it_is_true_or_nothing_more_can_come() -> None:
    one, other = WatchedSine("one"), WatchedSine("other")
    room = EngineRoom({"one": one, "other": other})
    waiting = asyncio.create_task(room.until(lambda: room.ready("one")))
    hopeless = asyncio.create_task(room.until(lambda: False))
    other.turn("failed")
    await asyncio.sleep(0.02)
    assert not waiting.done()
    one.turn("ready")
    await until(waiting.done)
    await until(hopeless.done)


async def test_what_waits_for_all_engines_is_done_once() -> None:
    one, done = WatchedSine("one"), list[str]()
    room = EngineRoom({"one": one})
    room.once_settled(lambda: done.append("then"))
    assert done == []
    one.turn("ready")
    one.turn("loading")
    one.turn("ready")
    assert done == ["then"]
    room.once_settled(lambda: done.append("now"))
    assert done == ["then", "now"]
