"""Orders: what people tell the house is done, known to the journal, and kept over a restart where it lasts."""

import asyncio
from pathlib import Path

import pytest
from announced import wish
from miniature_house import MiniatureHouse, plain_rules

from voxd.announcing.selection import Selection
from voxd.errors import BadRequestError, UnknownZoneError
from voxd.model.announcement import Priority, State
from voxd.model.identifiers import AnnouncementId, ZoneId
from voxd.settings import AlarmSettings

ALL = Selection()
KITCHEN, ATTIC = ZoneId("kitchen"), ZoneId("attic")


def one(id_: str) -> Selection:
    return Selection(AnnouncementId(id_))


def there(*zones: ZoneId) -> Selection:
    return Selection(zones=zones)


async def speaking(house: MiniatureHouse) -> None:
    """One is being spoken and held by its output, two more wait."""
    house.outputs["kitchen"].gate = asyncio.Event()
    for id_ in ("spoken", "waiting-1", "waiting-2"):
        await house.announcer.announce(wish(id_, f"This is {id_}."))
    await house.until("spoken", State.PLAYING)


async def test_stop_ends_everything_and_the_house_is_silent(house: MiniatureHouse) -> None:
    await speaking(house)
    assert sorted(await house.orders.stop(ALL)) == ["spoken", "waiting-1", "waiting-2"]
    assert (await house.until("spoken", State.INTERRUPTED)).reason == "Stopped"
    assert (await house.until("waiting-1", State.CANCELLED)).reason == "Stopped"
    await house.until("waiting-2", State.CANCELLED)
    assert house.announcer.house_state().playing == ()
    assert house.outputs["kitchen"].heard == []


async def test_skip_ends_what_is_being_spoken_and_the_next_one_follows(house: MiniatureHouse) -> None:
    await speaking(house)
    assert await house.orders.skip(ALL) == ("spoken",)
    await house.until("spoken", State.INTERRUPTED)
    await house.until("waiting-1", State.PLAYING)


async def test_clear_drops_what_waits_and_lets_what_is_being_spoken_go_on(house: MiniatureHouse) -> None:
    await speaking(house)
    assert sorted(await house.orders.clear(ALL)) == ["waiting-1", "waiting-2"]
    gate = house.outputs["kitchen"].gate
    assert gate is not None
    gate.set()
    await house.until("spoken", State.FINISHED)
    assert house.announcer.house_state().waiting == 0


async def test_an_order_may_be_about_one_announcement_or_one_zone(house: MiniatureHouse) -> None:
    await speaking(house)
    assert await house.orders.stop(one("waiting-1")) == ("waiting-1",)
    await house.announcer.announce(wish("kitchen", zones=(KITCHEN,)))
    assert await house.orders.clear(there(ATTIC)) == ("waiting-2",)
    assert house.announcer.house_state().waiting == 1


async def test_what_was_stopped_is_not_heard_after_a_crash(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path).alive() as house:
        await speaking(house)
        await house.orders.stop(ALL)
        await house.until("spoken", State.INTERRUPTED)
        left = house.crashed(tmp_path / "crashed")
    async with MiniatureHouse(left).alive() as house:
        await asyncio.sleep(0.1)
        assert house.steps == []


async def test_stop_without_an_id_leaves_alarms_to_be_repeated(tmp_path: Path) -> None:
    rules = plain_rules(alarms=AlarmSettings(repeat_max=5))
    async with MiniatureHouse(tmp_path, announcements=rules).alive() as house:
        gate = house.outputs["kitchen"].gate = asyncio.Event()
        await house.announcer.announce(wish("fire", "Fire.", priority=Priority.ALARM, repeat_s=0.1))
        await house.until("fire", State.PLAYING)
        assert await house.orders.stop(ALL) == ("fire",)
        gate.set()
        await house.until("fire", State.PLAYING, times=2)
        assert await house.orders.stop(one("fire")) == ("fire",)
        await asyncio.sleep(0.2)
        assert house.states("fire")[-1].is_end


@pytest.mark.parametrize("verb", ["acknowledge", "stop", "skip", "clear", "replay"])
async def test_an_unknown_id_is_told(house: MiniatureHouse, verb: str) -> None:
    with pytest.raises(BadRequestError, match="There is no announcement nobody to"):
        await getattr(house.orders, verb)(one("nobody"))


@pytest.mark.parametrize("verb", ["acknowledge", "stop", "skip", "clear", "replay"])
async def test_an_unknown_zone_is_told(house: MiniatureHouse, verb: str) -> None:
    with pytest.raises(UnknownZoneError, match="cellar"):
        await getattr(house.orders, verb)(there(ZoneId("cellar")))


async def test_without_an_id_there_may_be_nothing_to_do(house: MiniatureHouse) -> None:
    for verb in ("acknowledge", "stop", "skip", "clear"):
        assert await getattr(house.orders, verb)(ALL) == ()


async def test_a_pause_holds_everything_but_alarms_until_it_is_over(house: MiniatureHouse) -> None:
    await speaking(house)
    assert "spoken" in await house.orders.pause(())
    assert (await house.until("spoken", State.QUEUED, times=2)).reason == "Paused"
    house.outputs["kitchen"].gate = None
    assert house.announcer.house_state().paused == ("attic", "kitchen")
    await house.announcer.announce(wish("fire", "Fire.", priority=Priority.ALARM))
    await house.until("fire", State.FINISHED)
    assert house.announcer.house_state().playing == ()
    assert sorted(await house.orders.resume(())) == ["spoken", "waiting-1", "waiting-2"]
    await house.until("waiting-2", State.FINISHED)
    finished = [step.announcement for step in house.steps if step.state is State.FINISHED]
    assert finished == ["fire", "spoken", "waiting-1", "waiting-2"]


async def test_an_order_may_change_the_state_of_the_house_without_a_step(house: MiniatureHouse) -> None:
    told: list[tuple[ZoneId, ...]] = []
    silence = house.progress.listen_to_state(lambda: told.append(house.announcer.house_state().paused))
    await house.orders.pause((KITCHEN,))
    await house.orders.resume((KITCHEN,))
    silence()
    await house.orders.pause((KITCHEN,))
    assert told == [("kitchen",), ()]
    assert house.steps == []


async def test_a_pause_is_one_after_a_restart(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path).alive() as house:
        await house.orders.pause((KITCHEN,))
        await house.announcer.announce(wish("held", zones=(KITCHEN,)))
    async with MiniatureHouse(tmp_path).alive() as house:
        await house.announcer.announce(wish("attic", zones=(ATTIC,)))
        await house.until("attic", State.FINISHED)
        assert house.announcer.house_state().paused == ("kitchen",)
        assert State.SYNTHESIZING not in house.states("held")
        await house.orders.resume((KITCHEN,))
        await house.until("held", State.FINISHED)
    async with MiniatureHouse(tmp_path).alive() as house:
        assert house.announcer.house_state().paused == ()


async def test_who_is_not_to_be_disturbed_hears_urgent_things_only_restarts_included(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path).alive() as house:
        await house.orders.do_not_disturb((ATTIC,), Priority.ALARM)
        assert house.announcer.house_state().undisturbed == ("attic",)
    async with MiniatureHouse(tmp_path).alive() as house:
        await house.announcer.announce(wish("door", priority=Priority.HIGH, zones=(ATTIC,)))
        suppressed = await house.until("door", State.SUPPRESSED)
        assert suppressed.reason == "Do not disturb in attic"
        await house.announcer.announce(wish("everywhere"))
        finished = await house.until("everywhere", State.FINISHED)
        assert finished.reason == "Not heard in attic: quiet hours or do not disturb"
        await house.announcer.announce(wish("fire", "Fire.", priority=Priority.ALARM, zones=(ATTIC,)))
        await house.until("fire", State.FINISHED)
        await house.orders.do_not_disturb((), None)
        await house.announcer.announce(wish("again", zones=(ATTIC,)))
        await house.until("again", State.FINISHED)
    assert [len(output.heard) for output in house.outputs.values()] == [1, 2]


async def test_what_was_heard_last_is_said_again(house: MiniatureHouse) -> None:
    await house.announcer.announce(wish("kitchen", "Dinner.", zones=(KITCHEN,)))
    await house.until("kitchen", State.FINISHED)
    await house.announcer.announce(wish("attic", "Laundry.", zones=(ATTIC,)))
    await house.until("attic", State.FINISHED)
    (last,) = await house.orders.replay(ALL)
    await house.until(last, State.FINISHED)
    (there_,) = await house.orders.replay(there(KITCHEN))
    await house.until(there_, State.FINISHED)
    (named,) = await house.orders.replay(one("attic"))
    assert (await house.until(named, State.FINISHED)).zones == ("attic",)
    assert len({last, there_, named, "kitchen", "attic"}) == 5
    assert house.outputs["kitchen"].heard == [house.pcm("Dinner.")] * 2
    assert house.outputs["attic"].heard == [house.pcm("Laundry.")] * 3


async def test_what_was_heard_a_moment_ago_is_said_again_all_the_same(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path, announcements=plain_rules(coalesce_s=60.0)).alive() as house:
        await house.announcer.announce(wish("one", "Dinner."))
        await house.until("one", State.FINISHED)
        (again,) = await house.orders.replay(ALL)
        await house.until(again, State.FINISHED)
        assert len(house.outputs["kitchen"].heard) == 2


async def test_an_alarm_that_is_said_again_is_none(house: MiniatureHouse) -> None:
    await house.announcer.announce(wish("fire", "Fire.", priority=Priority.ALARM))
    await house.until("fire", State.FINISHED)
    (again,) = await house.orders.replay(ALL)
    assert (await house.until(again, State.FINISHED)).priority is Priority.HIGH
    assert house.announcer.house_state().alarms == ()


async def test_where_nothing_was_heard_nothing_can_be_said_again(house: MiniatureHouse) -> None:
    with pytest.raises(BadRequestError, match="Nothing was heard there yet"):
        await house.orders.replay(ALL)


async def test_the_history_tells_what_became_of_each_and_how_it_was_spoken(house: MiniatureHouse) -> None:
    await house.announcer.announce(wish("one", "Dinner."))
    await house.until("one", State.FINISHED)
    await house.announcer.announce(wish("two", ttl_s=0.0))
    await house.until("two", State.EXPIRED)
    newest, oldest = await house.orders.history(10)
    assert (newest.announcement.id, newest.state) == ("two", State.EXPIRED)
    assert (oldest.announcement.text, oldest.state) == ("Dinner.", State.FINISHED)
    assert oldest.outcome["engine"] == "sine"
    assert oldest.outcome["voice"] == "sine-anna"
    assert oldest.outcome["cached"] is False
    timings = oldest.outcome["timings_ms"]
    assert isinstance(timings, dict)
    assert timings.keys() == {"queued", "first_audio", "total"}
    assert [past.announcement.id for past in await house.orders.history(10, State.FINISHED)] == ["one"]
