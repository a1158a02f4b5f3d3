"""What was accepted is spoken, whatever becomes of its voice: gone, enrolled again, of a language nobody speaks."""

import asyncio
from pathlib import Path

import pytest
from announced import wish
from cloning import CloningSine
from cloning import wish as enrolment
from engines_for_tests import SineEngine
from miniature_house import MiniatureHouse
from waiting import until

from voxd.errors import UnknownVoiceError
from voxd.model.announcement import State
from voxd.model.identifiers import VoiceId, ZoneId
from voxd.settings import SpeechSettings, VoiceSettings
from voxd.settings.engines import FliteSettings
from voxd.synthesis.engine import Speaker
from voxd.synthesis.engines.flite import FliteEngine

MUM = VoiceId("mum")
KITCHEN = (ZoneId("kitchen"),)


def house_with_mum(folder: Path, **more: object) -> MiniatureHouse:
    """A house that has espeak for the last resort."""
    return MiniatureHouse(folder, others=[CloningSine(), SineEngine("espeak")], **more)  # type: ignore[arg-type]  # of mixed types


async def left_unfinished(folder: Path) -> None:
    """An announcement in mum's voice is on the disk, and was not heard."""
    async with house_with_mum(folder).alive() as house:
        await house.voice_desk.enrol(enrolment())
        house.outputs["kitchen"].gate = asyncio.Event()
        await house.announcer.announce(wish("first", zones=KITCHEN))
        await house.until("first", State.PLAYING)
        await house.announcer.announce(wish("left", voice=MUM, zones=KITCHEN))


async def test_what_waits_in_a_voice_that_is_removed_is_spoken_by_the_last_resort(tmp_path: Path) -> None:
    async with house_with_mum(tmp_path).alive() as house:
        await house.voice_desk.enrol(enrolment())
        gate = house.outputs["kitchen"].gate = asyncio.Event()
        await house.announcer.announce(wish("first"))
        await house.until("first", State.PLAYING)
        await house.announcer.announce(wish("second", voice=MUM))
        await house.voice_desk.remove("mum")
        gate.set()
        finished = await house.until("second", State.FINISHED)
        assert (finished.voice, finished.spoken_by) == ("mum", "espeak-anna")
        assert 'The voice "mum" was removed on' in finished.fallback_reason
        assert house.announcer.house_state().stand_ins == {}, "nobody waits for mum to come back"
        with pytest.raises(UnknownVoiceError, match="was removed on"):
            await house.announcer.announce(wish("third", voice=MUM))


@pytest.mark.parametrize(("fallbacks", "speaks"), [((), "espeak-anna"), (("sine-anna",), "sine-anna")])
async def test_after_a_restart_too_and_by_the_fallbacks_that_are_still_configured(
    tmp_path: Path, fallbacks: tuple[str, ...], speaks: str
) -> None:
    await left_unfinished(tmp_path)
    without = MiniatureHouse(
        tmp_path,
        others=[SineEngine("espeak")],
        voices={"mum": VoiceSettings(engine="voxcpm", fallbacks=fallbacks)},
    )
    async with without.alive() as house:
        finished = await house.until("left", State.FINISHED)
        assert finished.spoken_by == speaks
        assert finished.fallback_reason == 'The voice "mum" needs the engine "voxcpm", which is not configured'


async def test_it_fails_only_where_the_owner_wants_no_last_resort(tmp_path: Path) -> None:
    await left_unfinished(tmp_path)
    async with MiniatureHouse(tmp_path, speech=SpeechSettings(last_resort=None)).alive() as house:
        assert "is not configured" in (await house.until("left", State.FAILED)).reason


async def test_without_its_default_voice_the_house_is_not_silent(tmp_path: Path) -> None:
    async with house_with_mum(tmp_path).alive() as house:
        house.engine.speakers = (Speaker("other", ("en",)),)  # sine-anna is the default voice
        await house.announcer.announce(wish("one"))
        finished = await house.until("one", State.FINISHED)
        assert (finished.voice, finished.spoken_by) == ("sine-anna", "espeak-anna")
        assert 'There is no voice "sine-anna"' in finished.fallback_reason
        assert house.announcer.house_state().stand_ins.keys() == {"sine-anna"}
        with pytest.raises(UnknownVoiceError):
            await anext(house.renderer.render("Hello"))


async def test_the_voice_of_a_program_that_could_not_be_started_is_stood_in_for_like_any_other(tmp_path: Path) -> None:
    missing = FliteEngine("flite", FliteSettings(program="flite-nowhere"))
    async with MiniatureHouse(tmp_path, others=[SineEngine("espeak"), missing]).alive() as house:
        await house.announcer.announce(wish("one", voice=VoiceId("flite-slt")))
        finished = await house.until("one", State.FINISHED)
        assert (finished.voice, finished.spoken_by) == ("flite-slt", "espeak-anna")
        assert "could not be started" in finished.fallback_reason


async def test_where_nobody_else_speaks_the_language_the_last_resort_does_its_best(tmp_path: Path) -> None:
    cloning, last = CloningSine(), SineEngine("espeak")
    async with MiniatureHouse(tmp_path, others=[cloning, last]).alive() as house:
        await house.voice_desk.enrol(enrolment(language="tl"))
        cloning.known.clear()
        await house.announcer.announce(wish("one", "Tapos na ang labada.", voice=MUM))
        assert (await house.until("one", State.FINISHED)).spoken_by == "espeak-anna"
        assert last.spoken == ["Tapos na ang labada."]


async def test_enrolled_again_while_it_is_heard_a_voice_goes_on_in_its_new_revision(tmp_path: Path) -> None:
    cloning, last = CloningSine(), SineEngine("espeak")
    house = MiniatureHouse(tmp_path, others=[cloning, last])
    paced = house.paced("kitchen")
    async with house.alive():
        await house.voice_desk.enrol(enrolment(clip=b"one"))
        cloning.gate = asyncio.Event()
        await house.announcer.announce(wish("long", "One. Two. Three. Four. Five. Six.", voice=MUM, zones=KITCHEN))
        await house.until("long", State.SYNTHESIZING)
        enrolling = asyncio.create_task(house.voice_desk.enrol(enrolment(clip=b"two")))
        await until(lambda: cloning.forgotten == ["mum@1"])
        cloning.gate.set()
        await enrolling
        for _ in range(50):
            paced.leave.release()
        finished = await house.until("long", State.FINISHED)
        assert (finished.spoken_by, finished.fallback_reason, last.spoken) == (None, "", [])
        assert set(cloning.spoken) >= {"One.", "Six."}
