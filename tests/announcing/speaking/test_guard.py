"""The guard: a sentence is heard only when it was found to be the voice's own."""

import asyncio
from pathlib import Path

import pytest
from announced import wish
from engines_for_tests import SineEngine, sentence
from miniature_house import MiniatureHouse
from waiting import until

from voxd.announcing.speaking.guard import REMEMBERED_MAX, Guard
from voxd.announcing.speaking.script import Line
from voxd.errors import EngineError
from voxd.model.announcement import State
from voxd.model.audio import AudioFormat, Clip
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings import VoiceSettings
from voxd.synthesis.engine import EngineTraits

MUM = VoiceId("mum")
VOICE = Voice(MUM, "sine", "anna", ("en-US",), guard=0.75)


class Ear:
    """Finds every clip as similar as it was told to; `away`: nobody can judge. `gate` holds the judgement back."""

    def __init__(self, similarity: float | None) -> None:
        self.found = similarity
        self.away = False
        self.gate: asyncio.Event | None = None
        self.heard: list[Clip] = []

    async def similarity(self, _: Voice, clip: Clip) -> float | None:
        self.heard.append(clip)
        if self.gate is not None:
            await self.gate.wait()
        if self.away:
            raise EngineError("The clips host is loading")
        return self.found


def organ() -> SineEngine:
    engine = SineEngine("organ")
    engine.traits = EngineTraits("organ 1", 16000, concurrency=4)
    engine.format = AudioFormat(16000)
    return engine


def house_of(folder: Path, ear: Ear | None, second: SineEngine, first_audio_s: float | None = None) -> MiniatureHouse:
    mum = VoiceSettings(
        engine="sine", speaker="anna", fallbacks=("organ-anna",), guard=0.75, first_audio_s=first_audio_s
    )
    return MiniatureHouse(folder, others=[second], voices={"mum": mum}, identity=ear, memory_bytes=10_000_000)


async def test_what_sounds_like_somebody_else_is_not_played(tmp_path: Path) -> None:
    ear, second = Ear(0.62), organ()
    async with house_of(tmp_path, ear, second).alive() as house:
        await house.announcer.announce(wish("one", voice=MUM))
        finished = await house.until("one", State.FINISHED)
        assert [output.heard for output in house.outputs.values()] == [[second.pcm(sentence("Hello there."))]] * 2
        assert finished.fallback_reason == "It sounds like somebody else (0.62 of 0.75)"
        assert len(ear.heard) == 1, "both zones heard one judgement"


async def test_what_was_not_played_is_made_again_the_next_time(tmp_path: Path) -> None:
    ear = Ear(0.62)
    async with house_of(tmp_path, ear, organ()).alive() as house:
        await house.announcer.announce(wish("one", voice=MUM))
        await house.until("one", State.FINISHED)
        house.engine.chunks += 1  # its dice fell otherwise
        ear.found = 0.9
        for again in ("two", "three"):
            await house.announcer.announce(wish(again, voice=MUM))
            assert (await house.until(again, State.FINISHED)).spoken_by is None
        assert house.engine.spoken == ["Hello there."] * 2, "what was good is kept"
        assert len(ear.heard) == 2, "and not judged again"


@pytest.mark.parametrize("similarity", [0.8, None])
async def test_what_sounds_like_itself_or_is_too_short_to_tell_is_played(
    tmp_path: Path, similarity: float | None
) -> None:
    ear = Ear(similarity)
    async with house_of(tmp_path, ear, organ()).alive() as house:
        await house.announcer.announce(wish("one", voice=MUM))
        assert (await house.until("one", State.FINISHED)).spoken_by is None
        pcm = house.engine.pcm(sentence("Hello there."))
        assert house.outputs["kitchen"].heard == [pcm]
        assert [clip.pcm for clip in ear.heard] == [pcm], "judged as a whole"


@pytest.mark.parametrize("is_there", [True, False])
async def test_what_nobody_can_judge_is_not_played(tmp_path: Path, is_there: bool) -> None:
    ear, second = Ear(0.9), organ()
    ear.away = True
    async with house_of(tmp_path, ear if is_there else None, second).alive() as house:
        await house.announcer.announce(wish("one", voice=MUM))
        assert (await house.until("one", State.FINISHED)).spoken_by == "organ-anna"
        ear.away = False
        await house.announcer.announce(wish("two", voice=MUM))
        assert (await house.until("two", State.FINISHED)).spoken_by == (None if is_there else "organ-anna")


async def test_a_judgement_that_takes_too_long_misses_the_deadline(tmp_path: Path) -> None:
    ear, second = Ear(0.9), organ()
    ear.gate = asyncio.Event()
    async with house_of(tmp_path, ear, second, first_audio_s=0.1).alive() as house:
        await house.announcer.announce(wish("one", voice=MUM))
        finished = await house.until("one", State.FINISHED)
        assert (finished.spoken_by, finished.fallback_reason) == ("organ-anna", "It gave no sound within 0.1 s")


async def test_a_rendering_in_the_wrong_voice_is_an_error(tmp_path: Path) -> None:
    async with house_of(tmp_path, Ear(0.1), organ()).alive() as house:
        with pytest.raises(EngineError, match="somebody else"):
            _ = [chunk async for chunk in house.renderer.render("One.", voice="mum")]


async def test_a_zone_that_goes_while_it_is_judged_leaves_the_others_theirs(tmp_path: Path) -> None:
    ear = Ear(0.9)
    ear.gate = asyncio.Event()
    async with house_of(tmp_path, ear, organ()).alive() as house:
        style = house.speech.style("mum", None, None)
        takes = house.speech.rendered((Line("One.", style),))
        first, second = takes.each(), takes.each()
        take, same = await anext(first), await anext(second)
        assert take is same
        leaving, staying = asyncio.create_task(anext(take.chunks())), asyncio.create_task(anext(same.chunks()))
        await until(lambda: ear.heard)
        leaving.cancel()
        await first.aclose()
        ear.gate.set()
        assert (await staying).pcm == house.engine.pcm(sentence("One."))
        await second.aclose()


async def test_a_clip_is_judged_once_for_each_reference_clip_of_its_voice() -> None:
    ear = Ear(0.9)
    guard = Guard(ear)
    clip = Clip(AudioFormat(16000), b"ab" * 100)
    for reference in ("one", "one", "another"):
        await guard.check(Voice(MUM, "sine", "anna", ("en-US",), reference=reference, guard=0.75), clip)
    assert len(ear.heard) == 2


async def test_judgements_are_not_remembered_without_end() -> None:
    guard = Guard(Ear(0.9))
    for number in range(REMEMBERED_MAX + 10):
        await guard.check(VOICE, Clip(AudioFormat(16000), number.to_bytes(4, "little")))
    assert len(guard._judged) == REMEMBERED_MAX
