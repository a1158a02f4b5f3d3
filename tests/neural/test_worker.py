"""The thread that a model lives in."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing

import numpy as np
import pytest
from waiting import until

from voxd.errors import EngineError, VoxdError
from voxd.neural.faults import FaultError
from voxd.neural.speech_model import Samples
from voxd.neural.work import PIECES_AHEAD
from voxd.neural.worker import ModelThread
from voxd.wire.wyoming.host_events import Fault


class Studio:
    """A thread at work, and what it failed at."""

    def __init__(self) -> None:
        self.failures: list[VoxdError] = []
        self.thread = ModelThread("model", self.failures.append)
        self.made: list[str] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()

    def sentence(self, name: str, pieces: int, *, wait: bool = False) -> Iterator[Samples]:
        """Pieces that note when they are made, and when they are closed."""
        try:
            for number in range(pieces):
                if wait:
                    self.gate.wait(10)
                self.threads.add(threading.get_ident())
                self.made.append(f"{name}{number}")
                yield np.full(4, number, dtype=np.float32)
        finally:
            self.threads.add(threading.get_ident())
            self.made.append(f"{name} closed")

    async def heard(self, name: str, pieces: int) -> int:
        """How many pieces come."""
        async with aclosing(self.thread.speak(lambda: self.sentence(name, pieces))) as sound:
            return len([piece async for piece in sound])

    def hold(self) -> None:
        """Work that waits for the gate."""
        self.gate.wait(10)


@pytest.fixture
async def studio() -> Studio:
    made = Studio()
    made.thread.start()
    return made


async def test_everything_happens_in_one_thread_that_is_not_ours(studio: Studio) -> None:
    assert await studio.heard("a", 3) == 3
    studio.threads.add(await studio.thread.run(threading.get_ident))
    assert len(studio.threads) == 1
    assert threading.get_ident() not in studio.threads


async def test_sentences_are_made_in_their_order_and_before_other_work(studio: Studio) -> None:
    holding = asyncio.create_task(studio.thread.run(studio.hold))
    await until(lambda: studio.thread.busy_s > 0)
    work = asyncio.create_task(studio.thread.run(lambda: studio.made.append("work")))
    first = asyncio.create_task(studio.heard("a", 1))
    second = asyncio.create_task(studio.heard("b", 1))
    await asyncio.sleep(0)
    studio.gate.set()
    await asyncio.gather(holding, work, first, second)
    assert studio.made == ["a0", "a closed", "b0", "b closed", "work"]


async def test_a_slow_listener_gets_no_more_than_a_few_pieces_made_ahead(studio: Studio) -> None:
    async with aclosing(studio.thread.speak(lambda: studio.sentence("a", 100))) as sound:
        await anext(sound)
        await until(lambda: len(studio.made) == 1 + PIECES_AHEAD)
        assert studio.thread.busy_s == 0.0, "waiting for a listener is not the model's silence"
        await anext(sound)
        await until(lambda: len(studio.made) == 2 + PIECES_AHEAD)


async def test_closing_a_sentence_closes_its_iterator_after_the_piece_that_is_being_made(studio: Studio) -> None:
    async with aclosing(studio.thread.speak(lambda: studio.sentence("a", 100, wait=True))) as sound:
        studio.gate.set()
        await anext(sound)
        studio.gate.clear()
    made = len(studio.made)
    studio.gate.set()
    await until(lambda: "a closed" in studio.made)
    assert len(studio.made) <= made + len(["the piece at work", "a closed"])
    assert await studio.heard("b", 1) == 1


async def test_a_sentence_that_is_given_up_before_its_turn_is_never_begun(studio: Studio) -> None:
    holding = asyncio.create_task(studio.thread.run(studio.hold))
    await until(lambda: studio.thread.busy_s > 0)
    waiting = asyncio.create_task(studio.heard("a", 1))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    studio.gate.set()
    await holding
    assert await studio.heard("b", 1) == 1
    assert studio.made == ["b0", "b closed"]


async def test_an_exception_reaches_who_waits_and_who_watches(studio: Studio) -> None:
    def broken() -> Iterator[Samples]:
        yield np.zeros(4, dtype=np.float32)
        raise RuntimeError("CUDA error: device-side assert triggered")

    with pytest.raises(FaultError) as raised:
        async with aclosing(studio.thread.speak(broken)) as sound:
            [piece async for piece in sound]
    assert raised.value.fault is Fault.DEVICE_LOST
    assert studio.failures == [raised.value]


async def test_a_failure_that_nobody_waits_for_is_seen_nevertheless(studio: Studio) -> None:
    def broken() -> None:
        studio.gate.wait(10)
        raise MemoryError

    waiting = asyncio.create_task(studio.thread.run(broken))
    await until(lambda: studio.thread.busy_s > 0)
    waiting.cancel()
    await asyncio.wait([waiting])
    studio.gate.set()
    await until(lambda: studio.failures)
    assert studio.failures[0].code == "out_of_memory"


async def test_even_a_model_that_asks_to_exit_does_not_leave_anybody_waiting(studio: Studio) -> None:
    def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(FaultError, match="SystemExit"):
        await studio.thread.run(leave)
    assert await studio.heard("a", 1) == 1


async def test_sentences_that_wait_can_be_answered_while_other_work_stays(studio: Studio) -> None:
    holding = asyncio.create_task(studio.thread.run(studio.hold))
    await until(lambda: studio.thread.busy_s > 0)
    work = asyncio.create_task(studio.thread.run(lambda: 7))
    waiting = asyncio.create_task(studio.heard("a", 1))
    await asyncio.sleep(0)
    studio.thread.fail_sentences(EngineError("Not now"))
    with pytest.raises(EngineError, match="Not now"):
        await waiting
    studio.gate.set()
    await holding
    assert await work == 7


async def test_a_thread_that_is_given_up_answers_everybody_at_once(studio: Studio) -> None:
    holding = asyncio.create_task(studio.thread.run(studio.hold))
    await until(lambda: studio.thread.busy_s > 0)
    work = asyncio.create_task(studio.thread.run(lambda: 7))
    await asyncio.sleep(0)
    studio.thread.give_up(EngineError("The end"))
    with pytest.raises(EngineError, match="The end"):
        await work
    with pytest.raises(EngineError, match="The end"):
        await studio.heard("a", 1)
    studio.gate.set()
    await holding


async def test_after_a_failure_of_the_device_nothing_is_done_until_it_is_repaired(studio: Studio) -> None:
    def out_of_memory() -> None:
        studio.gate.wait(10)
        raise MemoryError

    failing = asyncio.create_task(studio.thread.run(out_of_memory))
    await until(lambda: studio.thread.busy_s > 0)
    waiting = asyncio.create_task(studio.heard("a", 1))
    work = asyncio.create_task(studio.thread.run(lambda: studio.made.append("work")))
    await asyncio.sleep(0)
    studio.gate.set()
    with pytest.raises(FaultError):
        await failing
    assert not await studio.thread.repair(lambda: False)
    assert await studio.thread.repair(lambda: not studio.made.append("repaired"))  # type: ignore[func-returns-value]  # None is meant
    await asyncio.gather(waiting, work)
    assert studio.made == ["repaired", "a0", "a closed", "work"]


async def test_whoever_hears_of_the_end_of_long_work_finds_the_thread_at_rest(studio: Studio) -> None:
    for _ in range(50):
        await studio.thread.run(lambda: None)
        assert studio.thread.busy_s == 0.0
        await studio.heard("a", 1)
        assert studio.thread.busy_s == 0.0
