"""Lost outputs: what nobody can hear waits for somebody who can, as long as it is worth anything."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from announced import wish
from miniature_house import LivingOutput, MiniatureHouse, plain_rules
from waiting import until

from voxd.announcing.selection import Selection
from voxd.delivery.zones import Zone
from voxd.model.announcement import Priority, State
from voxd.model.audio import Chunk
from voxd.model.identifiers import ZoneId
from voxd.settings import QuietSettings, ZoneSettings

LONG = "One. Two. Three. Four."
SENTENCE_S = 0.4


def deaf(house: MiniatureHouse, *, is_deaf: bool = True) -> None:
    for output in house.outputs.values():
        output.deaf = is_deaf


async def test_what_nobody_can_hear_waits_and_is_heard_as_soon_as_somebody_can(house: MiniatureHouse) -> None:
    deaf(house)
    await house.announcer.announce(wish("one"))
    waits = await house.until("one", State.QUEUED, times=2)
    assert waits.reason == "kitchen is deaf; attic is deaf"
    assert house.announcer.house_state().lost == {"kitchen": "kitchen is deaf", "attic": "attic is deaf"}
    deaf(house, is_deaf=False)
    finished = await house.until("one", State.FINISHED)
    assert finished.timings_ms["queued"] < 5000
    await until(lambda: not house.announcer.house_state().lost)


async def test_an_output_that_is_back_is_played_on_before_the_next_try_was_due(house: MiniatureHouse) -> None:
    deaf(house)
    await house.announcer.announce(wish("one"))
    for tries in range(2, 4):  # the next try is five seconds away
        house.later_s += 10
        await house.announcer.announce(wish(f"other-{tries}", zones=(ZoneId("attic"),), ttl_s=0.0))
        await house.until("one", State.QUEUED, times=tries)
    deaf(house, is_deaf=False)
    await house.until("one", State.FINISHED)


async def test_what_grows_old_while_nobody_can_hear_it_expires(house: MiniatureHouse) -> None:
    deaf(house)
    await house.announcer.announce(wish("one", ttl_s=0.2))
    expired = await house.until("one", State.EXPIRED)
    assert expired.reason == "Its time to live was over before it could be heard: kitchen is deaf; attic is deaf"


async def test_without_a_time_to_live_it_waits_as_long_as_the_owner_wants(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path, announcements=plain_rules(wait_for_output_s=0.2)).alive() as house:
        deaf(house)
        await house.announcer.announce(wish("one"))
        assert "deaf" in (await house.until("one", State.FAILED)).reason


async def test_a_deaf_zone_silences_no_other_and_is_told(house: MiniatureHouse) -> None:
    house.outputs["attic"].deaf = True
    await house.announcer.announce(wish("one"))
    finished = await house.until("one", State.FINISHED)
    assert "attic is deaf" in finished.reason
    assert len(house.outputs["kitchen"].heard) == 1
    (past,) = await house.orders.history(1)
    assert "attic is deaf" in past.reason


async def test_one_that_waits_for_its_output_holds_up_nobody_else(house: MiniatureHouse) -> None:
    house.outputs["attic"].deaf = True
    await house.announcer.announce(wish("attic", zones=(ZoneId("attic"),)))
    await house.until("attic", State.QUEUED, times=2)
    await house.announcer.announce(wish("kitchen", zones=(ZoneId("kitchen"),)))
    await house.until("kitchen", State.FINISHED)


async def test_what_is_lost_in_the_middle_goes_on_with_the_sentence_that_was_cut(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path)
    house.living()
    house.engine.chunks = 1
    house.engine.chunk_frames = round(SENTENCE_S * house.engine.format.rate_hz)
    async with house.alive():
        await house.announcer.announce(wish("long", LONG))
        await until(lambda: house.heard("long") == 1)
        deaf(house)
        await house.until("long", State.QUEUED, times=2)
        house.engine.spoken.clear()
        deaf(house, is_deaf=False)
        await house.until("long", State.FINISHED)
        assert house.engine.spoken in (["Two.", "Three.", "Four."], ["Three.", "Four."])


async def test_an_alarm_that_nobody_can_hear_waits_and_can_be_acknowledged(house: MiniatureHouse) -> None:
    deaf(house)
    await house.announcer.announce(wish("fire", "Fire.", priority=Priority.ALARM))
    await house.until("fire", State.QUEUED, times=2)
    assert house.announcer.house_state().alarms == ("fire",)
    assert await house.orders.acknowledge(Selection()) == ("fire",)
    assert house.states("fire")[-1] is State.CANCELLED


class OneAtATime(LivingOutput):
    """Plays one sound after the other, as every real output does."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._turn = asyncio.Lock()

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        async with self._turn:
            await super().play(sound)


def with_a_stand_in(folder: Path, zone: ZoneSettings | None = None) -> MiniatureHouse:
    """A house whose kitchen is deaf, where the attic stands in for it."""
    house = MiniatureHouse(folder, memory_bytes=1_000_000, zone=zone)
    kitchen, attic = (OneAtATime(name) for name in ("kitchen", "attic"))
    for output, stand_in in ((kitchen, ZoneId("attic")), (attic, None)):
        house.outputs[output.name] = output
        house.router._zones[ZoneId(output.name)] = Zone(ZoneId(output.name), (output,), stand_in)
    kitchen.deaf = True
    house.engine.chunks = 1
    house.engine.chunk_frames = round(SENTENCE_S * house.engine.format.rate_hz)
    return house


@pytest.mark.realtime
async def test_an_alarm_interrupts_what_is_heard_where_another_zone_stands_in(tmp_path: Path) -> None:
    async with with_a_stand_in(tmp_path).alive() as house:
        await house.announcer.announce(wish("long", LONG, zones=(ZoneId("attic"),)))
        await until(lambda: house.heard("long") == 1)
        asked_at = time.monotonic()
        await house.announcer.announce(wish("alarm", "Fire.", zones=(ZoneId("kitchen"),), priority=Priority.ALARM))
        await house.until("alarm", State.PLAYING)
        assert time.monotonic() - asked_at < SENTENCE_S
        finished = await house.until("alarm", State.FINISHED)
        assert "What kitchen could not hear was played in attic" in finished.reason
        assert (await house.until("long", State.QUEUED, times=2)).reason == "Interrupted by the alarm alarm"
        await house.until("long", State.FINISHED)
        _, fire, rest = house.outputs["attic"].heard
        assert fire == house.pcm("Fire.")
        assert rest.endswith(house.pcm("Three.") + house.pcm("Four."))


async def test_what_interrupts_nothing_waits_for_what_is_heard_where_another_zone_stands_in(tmp_path: Path) -> None:
    async with with_a_stand_in(tmp_path).alive() as house:
        await house.announcer.announce(wish("long", LONG, zones=(ZoneId("attic"),)))
        await until(lambda: house.heard("long") == 1)
        await house.announcer.announce(wish("other", "Hello.", zones=(ZoneId("kitchen"),)))
        await house.until("other", State.FINISHED)
        assert house.outputs["attic"].heard == [
            b"".join(house.pcm(one) for one in ("One.", "Two.", "Three.", "Four.")),
            house.pcm("Hello."),
        ]


@pytest.mark.parametrize("why", ["quiet hours 22:00-07:00", "do not disturb", "paused"])
async def test_where_it_is_quiet_no_zone_stands_in_for_another(tmp_path: Path, why: str) -> None:
    at_night = ZoneSettings(quiet=QuietSettings(hours="22:00-07:00"))
    async with with_a_stand_in(tmp_path).alive() as house:
        zones = {ZoneId("kitchen"): ZoneSettings(), ZoneId("attic"): at_night if "hours" in why else ZoneSettings()}
        house.announcer.configure(plain_rules(), zones)
        house.local = datetime(2025, 1, 1, 23, 0).astimezone()
        if why == "do not disturb":
            await house.orders.do_not_disturb((ZoneId("attic"),), Priority.ALARM)
        elif why == "paused":
            await house.orders.pause((ZoneId("attic"),))
        await house.announcer.announce(wish("one", zones=(ZoneId("kitchen"),)))
        waits = await house.until("one", State.QUEUED, times=2)
        assert waits.reason.endswith(f"attic does not speak in place of kitchen: {why}")
        await house.announcer.announce(wish("alarm", "Fire.", zones=(ZoneId("kitchen"),), priority=Priority.ALARM))
        await house.until("alarm", State.FINISHED)
        assert house.outputs["attic"].heard == [house.pcm("Fire.")]
