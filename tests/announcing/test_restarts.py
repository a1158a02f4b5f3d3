"""Restarts: what becomes of what was cut off when voxd ended, and of what waited."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from announced import wish
from miniature_house import MiniatureHouse, plain_rules
from waiting import until

from voxd.announcing.announcer import TRIES_MAX
from voxd.announcing.progress import Step
from voxd.model.announcement import Priority, State
from voxd.model.audio import Chunk
from voxd.settings import AnnouncementSettings, CutOffSettings

LONG = "One. Two. Three. Four."
SENTENCE_S = 0.4


def living(folder: Path, rules: AnnouncementSettings | None = None) -> MiniatureHouse:
    """A house whose outputs take their time."""
    house = MiniatureHouse(folder, announcements=rules)
    house.living()
    house.engine.chunks = 1
    house.engine.chunk_frames = round(SENTENCE_S * house.engine.format.rate_hz)
    return house


async def cut_off_after(folder: Path, sentences: int, priority: Priority = Priority.NORMAL) -> Path:
    """The folder of a house that was killed when so many sentences had been heard for sure."""
    async with living(folder / "killed").alive() as house:
        await house.announcer.announce(wish("long", LONG, priority=priority))
        await until(lambda: house.heard("long") == sentences)
        await asyncio.sleep(0.1)
        await house.announcer.announce(wish("later", "Later."))
        return house.crashed(folder / "crashed")


async def test_of_what_was_heard_by_less_than_half_the_rest_is_spoken(tmp_path: Path) -> None:
    left = await cut_off_after(tmp_path, 0)
    async with MiniatureHouse(left).alive() as house:
        await house.until("long", State.FINISHED)
        assert house.engine.spoken[:4] == ["One.", "Two.", "Three.", "Four."]


async def test_the_rest_begins_with_the_sentence_that_was_cut(tmp_path: Path) -> None:
    left = await cut_off_after(tmp_path, 1)
    async with MiniatureHouse(left, announcements=always()).alive() as house:
        await house.until("long", State.FINISHED)
        assert house.engine.spoken[:3] == ["Two.", "Three.", "Four."]


async def test_what_was_heard_by_half_is_not_spoken_again_and_the_owner_is_told(tmp_path: Path) -> None:
    left = await cut_off_after(tmp_path, 2)
    async with MiniatureHouse(left).alive() as house:
        interrupted = await house.until("long", State.INTERRUPTED)
        assert interrupted.reason.startswith("voxd ended when ")
        await house.until("later", State.FINISHED)
        assert house.engine.spoken == ["Later."]


def always() -> AnnouncementSettings:
    """Whatever was cut off is spoken again."""
    how = CutOffSettings(low="always", normal="always", high="always", alarm="always")
    return plain_rules(cut_off=how)


async def test_an_owner_may_want_nothing_of_what_was_cut_off(tmp_path: Path) -> None:
    left = await cut_off_after(tmp_path, 0)
    rules = plain_rules(cut_off=CutOffSettings(normal="never"))
    async with MiniatureHouse(left, announcements=rules).alive() as house:
        await house.until("later", State.FINISHED)
        assert house.states("long") == [State.INTERRUPTED]


async def test_an_alarm_is_heard_again_from_its_beginning_however_much_was_heard(tmp_path: Path) -> None:
    left = await cut_off_after(tmp_path, 2, Priority.ALARM)
    async with MiniatureHouse(left).alive() as house:
        await house.until("long", State.FINISHED)
        assert house.engine.spoken[:4] == ["One.", "Two.", "Three.", "Four."]


async def test_what_voxd_was_asked_to_end_is_spoken_to_its_end_however_much_was_heard(tmp_path: Path) -> None:
    async with living(tmp_path).alive() as house:
        await house.announcer.announce(wish("long", LONG))
        await until(lambda: house.taken("long") == 2)
        await house.announcer.drain()
        assert (await house.until("long", State.QUEUED, times=2)).reason == "The rest is spoken after the restart"
    async with MiniatureHouse(tmp_path).alive() as house:
        await house.until("long", State.FINISHED)
        assert house.engine.spoken == ["Four."]


async def test_a_repeat_of_an_alarm_that_was_cut_off_comes_from_its_beginning(tmp_path: Path) -> None:
    async with living(tmp_path).alive() as house:
        await house.announcer.announce(wish("fire", LONG, priority=Priority.ALARM, repeat_s=0.05, repeat_max=5))
        await house.until("fire", State.PLAYING, times=2)
        await house.announcer.announce(wish("later"))
        left = house.crashed(tmp_path / "crashed")
    async with MiniatureHouse(left).alive() as house:
        await house.until("fire", State.QUEUED)
        assert house.engine.spoken[:4] == ["One.", "Two.", "Three.", "Four."]


async def test_what_was_told_to_be_finished_is_not_heard_again_whatever_happens_next(tmp_path: Path) -> None:
    folders: list[Path] = []

    def killed(step: Step) -> None:
        if step.state is State.FINISHED:
            folders.append(house.crashed(tmp_path / "crashed"))

    async with MiniatureHouse(tmp_path / "killed").alive() as house:
        house.progress.listen(killed)
        await house.announcer.announce(wish("one"))
        await house.until("one", State.FINISHED)
    async with MiniatureHouse(folders[0]).alive() as house:
        await asyncio.sleep(0.1)
        assert house.steps == []


async def test_nothing_is_heard_before_the_journal_knows_that_it_begins(tmp_path: Path) -> None:
    """Else what ends voxd as soon as it sounds would be begun for ever."""
    folders: list[Path] = []

    def killed(step: Step) -> None:
        if step.state is State.PLAYING and len(folders) < 2:
            folders.append(house.crashed(tmp_path / f"crashed-{len(folders)}"))

    async with MiniatureHouse(tmp_path / "killed").alive() as house:
        house.progress.listen(killed)
        await house.announcer.announce(wish("one"))
        await house.until("one", State.FINISHED)
    async with MiniatureHouse(folders[0]).alive() as house:
        house.progress.listen(killed)
        await house.until("one", State.FINISHED)
    async with MiniatureHouse(folders[1]).alive() as house:
        assert (await house.until("one", State.FAILED)).reason == "voxd ended 2 times while speaking it"


async def test_what_ends_voxd_before_it_sounds_is_tried_a_few_times_more(tmp_path: Path) -> None:
    """A kill while it is synthesized says little about it: nobody has heard anything yet."""
    left = tmp_path / "first"
    for number in range(TRIES_MAX):
        house = MiniatureHouse(left)
        house.engine.gate = asyncio.Event()
        async with house.alive():
            if not number:
                await house.announcer.announce(wish("one"))
            await house.until("one", State.SYNTHESIZING)
            left = house.crashed(tmp_path / f"crashed-{number}")
    async with MiniatureHouse(left).alive() as house:
        failed = await house.until("one", State.FAILED)
        assert failed.reason == "voxd ended 5 times when it was about to speak it"


@pytest.mark.parametrize("later_s", [-3600.0, 3600.0])
async def test_a_clock_that_is_set_lets_nothing_expire_and_nothing_live_longer(tmp_path: Path, later_s: float) -> None:
    async with MiniatureHouse(tmp_path).alive() as house:
        house.outputs["kitchen"].gate = asyncio.Event()
        await house.announcer.announce(wish("spoken"))
        await house.until("spoken", State.PLAYING)
        received_at = wish("").received_at + later_s
        await house.announcer.announce(wish("patient", ttl_s=60, at=received_at))
        await house.announcer.announce(wish("hasty", ttl_s=0.3, at=received_at))
        await house.until("hasty", State.EXPIRED)
        left = house.crashed(tmp_path / "crashed")
    async with MiniatureHouse(left).alive() as house:
        await house.until("patient", State.FINISHED)


async def test_what_has_expired_while_voxd_was_not_there_is_not_spoken(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path).alive() as house:
        house.outputs["kitchen"].gate = asyncio.Event()
        await house.announcer.announce(wish("spoken"))
        await house.announcer.announce(wish("stale", ttl_s=0.2))
        left = house.crashed(tmp_path / "crashed")
    await asyncio.sleep(0.2)
    async with MiniatureHouse(left).alive() as house:
        await house.until("stale", State.EXPIRED)
        await house.until("spoken", State.FINISHED)
        assert State.SYNTHESIZING not in house.states("stale")


async def test_what_was_heard_to_its_end_is_not_heard_again_though_voxd_was_killed_before_it_was_told(
    tmp_path: Path,
) -> None:
    """Of the alarm the next repeat comes, of the other nothing."""
    for priority, repeats in ((Priority.NORMAL, 0), (Priority.ALARM, 0), (Priority.ALARM, 1)):
        folder = tmp_path / f"{priority.name}-{repeats}"
        how_often = {"repeat_s": 1.0, "repeat_max": repeats} if priority is Priority.ALARM else {}
        left = await killed_at_its_end(folder, **how_often, priority=priority)
        async with MiniatureHouse(left).alive() as house:
            await house.until("one", State.FINISHED)
            assert house.engine.spoken == ["One."] * repeats


async def killed_at_its_end(folder: Path, **wanted: Any) -> Path:
    """The folder of a house that was killed in the moment in which all outputs were through."""
    folder.mkdir()
    folders: list[Path] = []
    async with MiniatureHouse(folder / "killed").alive() as house:
        played = house.outputs["kitchen"].play

        async def play(sound: AsyncIterator[Chunk]) -> None:
            await played(sound)
            asyncio.get_running_loop().call_soon(lambda: folders.append(house.crashed(folder / "crashed")))

        house.outputs["kitchen"].play = play  # type: ignore[method-assign]  # the moment after which it is killed
        await house.announcer.announce(wish("one", "One.", **wanted))
        await house.until("one", State.PLAYING)
        await until(lambda: folders)
    return folders[0]
