"""Alarms: repeated until somebody acknowledges them."""

import asyncio
from pathlib import Path
from typing import Any

from announced import wish
from miniature_house import MiniatureHouse, plain_rules
from waiting import until

from voxd.announcing.selection import Selection
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.identifiers import AnnouncementId
from voxd.settings import AlarmSettings


def alarm(id_: str, repeat_s: float = 0.05, repeat_max: int | None = None, **more: Any) -> Announcement:
    return wish(id_, "Fire.", priority=Priority.ALARM, repeat_s=repeat_s, repeat_max=repeat_max, **more)


def repeating(folder: Path) -> MiniatureHouse:
    """A house with the owner's usual number of repeats."""
    return MiniatureHouse(folder, announcements=plain_rules(alarms=AlarmSettings(repeat_max=20)))


async def test_an_alarm_is_repeated_until_it_is_acknowledged(tmp_path: Path) -> None:
    async with repeating(tmp_path).alive() as house:
        await house.announcer.announce(alarm("fire"))
        await house.until("fire", State.PLAYING, times=3)
        assert house.announcer.house_state().alarms == ("fire",)
        waits = await house.until("fire", State.QUEUED, times=2)
        assert waits.reason == "Repeated in 0.05 s until it is acknowledged"
        assert await house.orders.acknowledge(Selection()) == ("fire",)
        finished = await house.until("fire", State.FINISHED)
        assert finished.reason == "Acknowledged"
        assert house.announcer.house_state().alarms == ()
        heard = len(house.outputs["kitchen"].heard)
        await asyncio.sleep(0.2)
        assert len(house.outputs["kitchen"].heard) == heard


async def test_an_alarm_that_nobody_acknowledges_is_repeated_as_often_as_was_wanted(tmp_path: Path) -> None:
    async with repeating(tmp_path).alive() as house:
        await house.announcer.announce(alarm("fire", repeat_max=2))
        assert (await house.until("fire", State.FINISHED)).reason == "Nobody acknowledged it"
        assert len(house.outputs["kitchen"].heard) == 3


async def test_an_alarm_that_is_acknowledged_while_it_sounds_is_silent_at_once(tmp_path: Path) -> None:
    house = repeating(tmp_path)
    slow = house.paced("kitchen")
    async with house.alive():
        await house.announcer.announce(alarm("fire"))
        await house.until("fire", State.PLAYING)
        slow.leave.release()
        await house.orders.acknowledge(Selection(AnnouncementId("fire")))
        assert (await house.until("fire", State.FINISHED)).reason == "Acknowledged"
        assert slow.heard == []


async def test_an_alarm_that_is_acknowledged_before_it_was_heard_is_cancelled(tmp_path: Path) -> None:
    async with repeating(tmp_path).alive() as house:
        house.outputs["kitchen"].gate = asyncio.Event()
        await house.announcer.announce(alarm("first"))
        await house.until("first", State.PLAYING)
        await house.announcer.announce(wish("second", "Water.", priority=Priority.ALARM))
        assert await house.orders.acknowledge(Selection(AnnouncementId("second"))) == ("second",)
        assert house.states("second")[-1] is State.CANCELLED


async def test_between_two_repeats_others_are_heard(tmp_path: Path) -> None:
    async with repeating(tmp_path).alive() as house:
        await house.announcer.announce(alarm("fire", repeat_s=60))
        await house.until("fire", State.QUEUED, times=2)
        await house.announcer.announce(wish("dinner"))
        await house.until("dinner", State.FINISHED)
        assert house.states("fire").count(State.SYNTHESIZING) == 1


async def test_the_pause_between_repeats_goes_by_the_monotonic_clock(tmp_path: Path) -> None:
    async with repeating(tmp_path).alive() as house:
        await house.announcer.announce(alarm("fire", repeat_s=60))
        await house.until("fire", State.QUEUED, times=2)
        house.local = house.now().local.replace(year=2031)
        await house.announcer.announce(wish("one"))
        await house.until("one", State.FINISHED)
        assert house.states("fire").count(State.SYNTHESIZING) == 1
        house.later_s = 61
        await house.announcer.announce(wish("two"))
        await house.until("fire", State.PLAYING, times=2)


async def test_an_alarm_that_rests_goes_on_after_a_drain_and_counts_what_was_heard(tmp_path: Path) -> None:
    async with repeating(tmp_path).alive() as house:
        await house.announcer.announce(alarm("fire", repeat_s=0.2, repeat_max=2))
        await house.until("fire", State.QUEUED, times=3)
        await house.announcer.drain()
        assert len(house.outputs["kitchen"].heard) == 2
    async with repeating(tmp_path).alive() as house:
        assert (await house.until("fire", State.FINISHED)).reason == "Nobody acknowledged it"
        assert len(house.outputs["kitchen"].heard) == 1


async def test_an_alarm_that_rests_goes_on_after_a_crash(tmp_path: Path) -> None:
    async with repeating(tmp_path).alive() as house:
        await house.announcer.announce(alarm("fire", repeat_s=0.2))
        await house.until("fire", State.QUEUED, times=2)
        await house.announcer.announce(wish("later"))
        left = house.crashed(tmp_path / "crashed")
    async with repeating(left).alive() as house:
        await house.until("fire", State.PLAYING, times=2)
        await house.orders.acknowledge(Selection())
        await house.until("fire", State.FINISHED)


async def test_an_alarm_that_cannot_be_spoken_is_tried_again(tmp_path: Path) -> None:
    async with repeating(tmp_path).alive() as house:
        house.engine.fails_after = 1
        await house.announcer.announce(alarm("fire"))
        await house.until("fire", State.SYNTHESIZING, times=2)
        house.engine.fails_after = None
        await until(lambda: house.outputs["kitchen"].heard and house.pcm("Fire.") in house.outputs["kitchen"].heard)


async def test_the_siren_of_an_alarm_that_nobody_can_speak_is_heard_to_its_end(tmp_path: Path) -> None:
    async with repeating(tmp_path).alive() as house:
        house.engine.fails_after = 0
        await house.announcer.announce(alarm("fire", chime="siren"))
        waits = await house.until("fire", State.QUEUED, times=2)
        assert waits.reason.endswith("Repeated in 0.05 s until it is acknowledged")
        (siren,) = house.outputs["kitchen"].heard[:1]
        assert len(siren) > 2 * house.engine.format.rate_hz
