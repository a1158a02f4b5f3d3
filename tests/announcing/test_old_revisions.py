"""Whoever asks for an older revision of a voice hears the current one, and the house is told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cloning import CloningSine, wish
from miniature_house import MiniatureHouse

from voxd.errors import EngineError, UnknownVoiceError
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import VoiceId
from voxd.synthesis.synthesizer import Urgency


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[MiniatureHouse]:
    async with MiniatureHouse(tmp_path, others=[CloningSine()]).alive() as living:
        for clip in (b"one", b"two"):
            await living.voice_desk.enrol(wish(clip=clip))
        yield living


async def test_an_older_revision_is_spoken_by_the_current_one_with_a_warning(house: MiniatureHouse) -> None:
    announcement = Announcement("Hello", voice=VoiceId("mum@1"))
    await house.announcer.announce(announcement)
    finished = await house.until(announcement.id, State.FINISHED)
    assert (finished.voice, finished.spoken_by) == ("mum", None)
    assert [notice.voice for notice in house.notices] == ["mum@1"], "told once"
    assert house.notices[0].reason.startswith("mum@1 was asked for; mum is at revision 2 since ")
    (asked,) = (await house.voice_desk.details("mum")).old_wishes
    assert (asked.asked_as, asked.times) == ("mum@1", 1)


async def test_the_current_one_by_either_name_is_no_news(house: MiniatureHouse) -> None:
    for name in ("mum", "mum@2"):
        assert house.speech.style(name, None, None).voice.speaker == "mum@2"
    assert house.notices == []


async def test_a_removed_voice_is_an_error_that_says_so(house: MiniatureHouse) -> None:
    await house.voice_desk.remove("mum")
    with pytest.raises(UnknownVoiceError, match="was removed on"):
        await house.announcer.announce(Announcement("Hello", voice=VoiceId("mum")))


async def test_what_a_voice_said_is_not_kept_when_it_is_removed_or_enrolled_again(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path, others=[CloningSine()], memory_bytes=1_000_000).alive() as house:
        await house.voice_desk.enrol(wish(clip=b"one"))
        for undo in (house.voice_desk.enrol(wish(clip=b"two")), house.voice_desk.remove("mum")):
            said = house.speech.style("mum", None, None).sentence("Hello there.")
            with house.synthesizer.speak(said, Urgency.RENDERING) as first:
                await first.clip()
            await undo
            with house.synthesizer.speak(said, Urgency.RENDERING) as again, pytest.raises(EngineError, match="mum@"):
                await again.clip()
