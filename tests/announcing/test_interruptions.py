"""Interruptions: who makes way for whom, how soon, and what becomes of the rest."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from announced import wish
from miniature_house import MiniatureHouse
from waiting import until

from voxd.model.announcement import Announcement, Priority, State
from voxd.model.identifiers import ZoneId

LONG = "One. Two. Three. Four."
SENTENCE_S = 0.25


def living(folder: Path) -> MiniatureHouse:
    """A house whose outputs take their time; a sentence lasts a quarter of a second, and is cached once spoken."""
    house = MiniatureHouse(folder, memory_bytes=1_000_000)
    house.living()
    house.engine.chunks = 1
    house.engine.chunk_frames = round(SENTENCE_S * house.engine.format.rate_hz)
    return house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[MiniatureHouse]:
    """Such a house, alive."""
    async with living(tmp_path).alive() as made:
        yield made


def alarm(id_: str, text: str = "Fire.", **more: Any) -> Announcement:
    return wish(id_, text, priority=Priority.ALARM, **more)


@pytest.mark.realtime
async def test_an_alarm_interrupts_at_once_and_what_it_interrupted_goes_on_with_the_sentence_that_was_cut(
    house: MiniatureHouse,
) -> None:
    await house.announcer.announce(wish("long", LONG))
    await until(lambda: house.heard("long") == 1)
    asked_at = time.monotonic()
    await house.announcer.announce(alarm("alarm"))
    await house.until("alarm", State.PLAYING)
    assert time.monotonic() - asked_at < SENTENCE_S
    await house.until("long", State.FINISHED)
    waits = await house.until("long", State.QUEUED, times=2)
    assert waits.reason == "Interrupted by the alarm alarm"
    cut, fire, rest = house.outputs["kitchen"].heard
    whole = b"".join(house.pcm(one) for one in ("One.", "Two.", "Three.", "Four."))
    assert fire == house.pcm("Fire.")
    assert whole.startswith(cut)
    assert rest in (
        house.pcm("Two.") + house.pcm("Three.") + house.pcm("Four."),
        house.pcm("Three.") + house.pcm("Four."),
    )
    assert len(cut) + len(rest) >= len(whole), "nothing is left out"
    assert house.outputs["attic"].heard[-1] == rest


async def test_high_waits_for_the_end_of_the_sentence(house: MiniatureHouse) -> None:
    await house.announcer.announce(wish("long", LONG))
    await house.until("long", State.PLAYING)
    await house.announcer.announce(wish("door", "Somebody is here.", priority=Priority.HIGH))
    await house.until("long", State.FINISHED)
    cut, door, rest = house.outputs["kitchen"].heard
    assert door == house.pcm("Somebody is here.")
    assert cut + rest == b"".join(house.pcm(one) for one in ("One.", "Two.", "Three.", "Four."))
    assert len(cut) % len(house.pcm("One.")) == 0


async def test_what_is_as_urgent_waits_for_its_turn(house: MiniatureHouse) -> None:
    for priority in (Priority.ALARM, Priority.HIGH, Priority.NORMAL):
        first, second = f"first {priority.name}", f"second {priority.name}"
        await house.announcer.announce(wish(first, "One. Two.", priority=priority))
        await house.until(first, State.PLAYING)
        await house.announcer.announce(wish(second, "Three.", priority=priority))
        await house.until(second, State.FINISHED)
        assert house.states(first).count(State.SYNTHESIZING) == 1


async def test_an_alarm_in_one_zone_disturbs_no_other(house: MiniatureHouse) -> None:
    await house.announcer.announce(wish("attic", LONG, zones=(ZoneId("attic"),)))
    await house.until("attic", State.PLAYING)
    await house.announcer.announce(alarm("alarm", zones=(ZoneId("kitchen"),)))
    await house.until("alarm", State.FINISHED)
    assert house.announcer.house_state().playing == ("attic",)
    await house.until("attic", State.FINISHED)
    assert house.states("attic").count(State.SYNTHESIZING) == 1


async def test_what_grows_old_while_it_is_interrupted_does_not_go_on(house: MiniatureHouse) -> None:
    await house.announcer.announce(wish("long", LONG, ttl_s=60))
    await house.until("long", State.PLAYING)
    await house.announcer.announce(alarm("alarm", LONG))
    await house.until("long", State.QUEUED, times=2)
    house.later_s = 61
    await house.announcer.announce(wish("other"))
    assert "before it could go on" in (await house.until("long", State.EXPIRED)).reason
    assert house.announcer.house_state().playing == ("alarm",)


async def test_interruptions_are_no_starts_that_are_counted(tmp_path: Path) -> None:
    async with living(tmp_path).alive() as house:
        await house.announcer.announce(wish("long", LONG))
        for number in range(3):
            await house.until("long", State.PLAYING, times=number + 1)
            await house.announcer.announce(alarm(f"alarm-{number}"))
        await house.until("long", State.PLAYING, times=4)
        await house.announcer.announce(wish("later", "Later."))
        left = house.crashed(tmp_path / "crashed")
    async with living(left).alive() as house:
        await house.until("later", State.FINISHED)
        assert house.states("long")[-1] in (State.FINISHED, State.INTERRUPTED)


async def test_an_alarm_breaks_off_what_has_not_sounded_yet(house: MiniatureHouse) -> None:
    house.engine.gate = asyncio.Event()
    await house.announcer.announce(wish("slow", "Slow."))
    await house.until("slow", State.SYNTHESIZING)
    await house.announcer.announce(alarm("alarm"))
    await house.until("alarm", State.SYNTHESIZING)
    house.engine.gate.set()
    await house.until("slow", State.FINISHED)
    told = [(step.announcement, step.state) for step in house.steps if step.state in (State.PLAYING, State.FINISHED)]
    assert [id_ for id_, state in told if state is State.PLAYING] == ["alarm", "slow"]
