"""Sirens: a tone without words, heard at once wherever it is wanted, and silent at once when it is not."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from miniature_house import MiniatureHouse, plain_rules
from waiting import until

from voxd.announcing.selection import Selection
from voxd.announcing.sirens import Tone
from voxd.audio.chimes import CHIMES, RESTS_S
from voxd.audio.pcm import silence
from voxd.errors import BadRequestError
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.audio import AudioFormat
from voxd.model.identifiers import AnnouncementId, ZoneId
from voxd.settings import AlarmSettings, CutOffSettings

KITCHEN, ATTIC = ZoneId("kitchen"), ZoneId("attic")
FORMAT = AudioFormat(48_000)
ALARMS = AlarmSettings(repeat_s=1.0, repeat_max=5)


def tone(name: str) -> bytes:
    """What is repeated."""
    return CHIMES[name](FORMAT.rate_hz).pcm + silence(FORMAT, RESTS_S.get(name, 0.0)).pcm


async def sound(house: MiniatureHouse, *zones: ZoneId, **how: Any) -> AnnouncementId:
    (id_,) = await house.orders.siren(zones, Tone(**how))
    return id_


async def test_a_siren_sounds_without_a_word_or_a_seam_for_so_long_and_once(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path, announcements=plain_rules(alarms=ALARMS)).alive() as house:
        id_ = await sound(house, lasts_s=3.0)
        end = await house.until(id_, State.FINISHED)
        (heard,) = house.outputs["attic"].heard
        assert end.reason == ""
        assert heard == (2 * tone("siren"))[: len(heard)]
        assert 2.5 < len(heard) / FORMAT.bytes_per_s <= 3.0
        assert house.engine.spoken == []
        assert house.states(id_)[-2:] == [State.PLAYING, State.FINISHED]
        assert end.at - (await house.until(id_, State.PLAYING)).at > 1.5, "an output takes little of it before its time"


async def test_the_tone_and_the_volume_are_those_that_are_asked_for(house: MiniatureHouse) -> None:
    id_ = await sound(house, KITCHEN, chime="ding", lasts_s=2.0, volume=0)
    await house.until(id_, State.FINISHED)
    (heard,) = house.outputs["kitchen"].heard
    assert set(heard) == {0}
    id_ = await sound(house, KITCHEN, chime="ding", lasts_s=2.0)
    await house.until(id_, State.FINISHED)
    assert house.outputs["kitchen"].heard[1] == (2 * tone("ding"))[: len(house.outputs["kitchen"].heard[1])]
    assert house.outputs["attic"].heard == []
    with pytest.raises(BadRequestError, match='no chime "dung"'):
        await sound(house, chime="dung")


async def test_a_siren_passes_do_not_disturb_and_pauses(house: MiniatureHouse) -> None:
    await house.orders.do_not_disturb((), Priority.ALARM)
    await house.orders.pause(())
    await house.until(await sound(house, lasts_s=1.0), State.FINISHED)


async def test_off_silences_it_at_once_and_the_state_tells_where_one_sounds(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path)
    house.living()
    async with house.alive():
        id_ = await sound(house, KITCHEN, lasts_s=60.0)
        assert house.announcer.house_state().sirens == ("kitchen",)
        await house.until(id_, State.PLAYING)
        assert house.announcer.house_state().alarms == (), "nobody has to acknowledge it"
        assert await house.orders.siren((ATTIC,), None) == ()
        assert await house.orders.siren((), None) == (id_,)
        await house.until(id_, State.INTERRUPTED)
        await until(lambda: house.announcer.house_state().playing == ())
        assert house.announcer.house_state().sirens == ()
        (past,) = await house.orders.history(1)
        assert (past.announcement.id, past.announcement.text, past.state) == (id_, "Siren", State.INTERRUPTED)


@pytest.mark.parametrize("verb", ["stop", "acknowledge"])
async def test_stop_and_acknowledge_silence_it_too(verb: str, tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path)
    house.living()
    async with house.alive():
        id_ = await sound(house, lasts_s=60.0)
        await house.until(id_, State.PLAYING)
        assert await getattr(house.orders, verb)(Selection()) == (id_,)
        await until(lambda: house.states(id_)[-1].is_end)


async def test_off_reaches_one_that_is_just_being_taken_over(house: MiniatureHouse) -> None:
    coming = asyncio.create_task(house.orders.siren((), Tone(lasts_s=60.0)))
    await asyncio.sleep(0)
    (id_,) = await house.orders.siren((), None)
    assert await coming == (id_,)
    await until(lambda: house.states(id_) and house.states(id_)[-1].is_end)
    assert house.announcer.house_state().sirens == ()


async def test_an_alarm_in_words_is_heard_at_once_and_the_siren_goes_on_after_it(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path)
    house.living()
    async with house.alive():
        id_ = await sound(house, lasts_s=60.0)
        await house.until(id_, State.PLAYING)
        fire = Announcement("Fire.", priority=Priority.ALARM, id=AnnouncementId("fire"))
        await house.announcer.announce(fire)
        await house.until("fire", State.FINISHED)
        await house.until(id_, State.PLAYING, times=2)
        assert house.announcer.house_state().sirens == ("attic", "kitchen")
        await house.orders.stop(Selection())
        await house.until(id_, State.INTERRUPTED)


async def test_stop_silences_a_siren_that_an_alarm_holds_up(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path)
    house.living()
    async with house.alive():
        id_ = await sound(house, lasts_s=60.0)
        await house.until(id_, State.PLAYING)
        house.engine.chunks = 100
        await house.announcer.announce(Announcement("Fire.", priority=Priority.ALARM, id=AnnouncementId("fire")))
        await house.until("fire", State.PLAYING)
        await house.orders.stop(Selection())
        await house.until(id_, State.CANCELLED)


async def test_a_newer_siren_takes_the_place_of_an_older_one_which_goes_on_elsewhere(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path)
    house.living()
    async with house.alive():
        older = await sound(house, lasts_s=60.0)
        await house.until(older, State.PLAYING)
        newer = await sound(house, KITCHEN, chime="ding", lasts_s=60.0)
        await house.until(newer, State.PLAYING)
        await house.until(older, State.INTERRUPTED)
        (rest,) = (entry for entry in house.announcer.sirens() if entry.id != newer)
        assert rest.zones == (ATTIC,)
        await house.until(rest.id, State.PLAYING)
        await house.orders.siren((ATTIC,), None)
        await house.until(rest.id, State.INTERRUPTED)
        assert house.announcer.house_state().sirens == ("kitchen",)


async def test_after_a_kill_it_sounds_for_what_is_left_of_its_time(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path / "house", announcements=plain_rules(cut_off=CutOffSettings(alarm="never")))
    house.living()
    async with house.alive():
        id_ = await sound(house, KITCHEN, lasts_s=3.0)
        await house.until(id_, State.PLAYING)
        folder = house.crashed(tmp_path / "crashed")
        await asyncio.sleep(1.0)
    again = MiniatureHouse(folder)
    async with again.alive():
        await again.until(id_, State.FINISHED)
        (heard,) = again.outputs["kitchen"].heard
        assert 0.0 < len(heard) / FORMAT.bytes_per_s <= 2.0


async def test_after_a_kill_it_is_silent_where_its_time_is_over(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path / "house")
    house.living()
    async with house.alive():
        id_ = await sound(house, lasts_s=1.0)
        await house.until(id_, State.PLAYING)
        folder = house.crashed(tmp_path / "crashed")
        await asyncio.sleep(1.0)
    again = MiniatureHouse(folder)
    async with again.alive():
        await until(lambda: again.states(id_) and again.states(id_)[-1].is_end)
        assert (again.outputs["kitchen"].heard, again.announcer.house_state().sirens) == ([], ())


async def test_a_siren_holds_up_no_end_of_voxd_and_goes_on_after_the_restart(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path)
    house.living()
    async with house.alive():
        id_ = await sound(house, lasts_s=60.0)
        await house.until(id_, State.PLAYING)
        await asyncio.wait_for(house.announcer.drain(), 5)
        assert house.states(id_)[-1] is State.QUEUED
    again = MiniatureHouse(tmp_path)
    again.living()
    async with again.alive():
        await again.until(id_, State.PLAYING)
        await again.orders.siren((), None)
        await again.until(id_, State.INTERRUPTED)


async def test_replay_says_what_was_said_before_the_siren(house: MiniatureHouse) -> None:
    await house.announcer.announce(Announcement("Hello.", id=AnnouncementId("a")))
    await house.until("a", State.FINISHED)
    id_ = await sound(house, lasts_s=1.0)
    await house.until(id_, State.FINISHED)
    (again,) = await house.orders.replay(Selection())
    await house.until(again, State.FINISHED)
    assert house.outputs["attic"].heard[2] == house.pcm("Hello.")
    with pytest.raises(BadRequestError, match="was a siren"):
        await house.orders.replay(Selection(id_))


async def test_a_siren_whose_file_is_damaged_sounds_otherwise(house: MiniatureHouse) -> None:
    (house.folder / "chimes").mkdir()
    (house.folder / "chimes" / "horn.wav").write_bytes(b"no sound")
    id_ = await sound(house, KITCHEN, chime="horn", lasts_s=2.0)
    await house.until(id_, State.FINISHED)
    (heard,) = house.outputs["kitchen"].heard
    assert heard == tone("siren")[: len(heard)]


def sounding(house: MiniatureHouse) -> list[tuple[AnnouncementId, tuple[ZoneId, ...]]]:
    """The sirens that are on, and where."""
    return [(entry.id, entry.zones) for entry in house.announcer.sirens()]


async def test_two_newer_sirens_at_once_take_the_place_of_an_older_one_each_in_its_zone(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path)
    house.living()
    async with house.alive():
        older = await sound(house, lasts_s=60.0)
        await house.until(older, State.PLAYING)
        one, other = await asyncio.gather(sound(house, KITCHEN, lasts_s=60.0), sound(house, ATTIC, lasts_s=60.0))
        assert sorted(sounding(house)) == sorted([(one, (KITCHEN,)), (other, (ATTIC,))])


async def test_off_reaches_what_is_to_go_on_of_an_older_siren_in_other_zones(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path)
    house.living()
    async with house.alive():
        house.engine.chunks = 100
        await house.announcer.announce(Announcement("Fire.", priority=Priority.ALARM, id=AnnouncementId("fire")))
        await house.until("fire", State.PLAYING)
        older = await sound(house, lasts_s=60.0)
        newer = asyncio.create_task(sound(house, KITCHEN, lasts_s=60.0))
        async with asyncio.timeout(5):
            while older in dict(sounding(house)):  # noqa: ASYNC110 - the very moment in which it is ended
                await asyncio.sleep(0)
        await house.orders.siren((), None)
        await newer
        assert sounding(house) == []
