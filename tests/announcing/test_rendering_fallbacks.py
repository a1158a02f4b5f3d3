"""Renderings whose voice cannot speak: an error, or a fallback where the owner wants one, but never two voices."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from engines_for_tests import SineEngine, sentence
from miniature_house import MiniatureHouse
from waiting import until

from voxd.errors import BusyError, EngineError, UnknownVoiceError
from voxd.model.audio import AudioFormat, Chunk
from voxd.settings import FirstAudioSettings, SpeechSettings, VoiceSettings
from voxd.synthesis.engine import EngineTraits
from voxd.synthesis.synthesizer import Urgency

WANTED = SpeechSettings(render_fallback=True, ahead=1)


def organ() -> SineEngine:
    engine = SineEngine("organ")
    engine.traits = EngineTraits("organ 1", 16000, concurrency=4)
    engine.format = AudioFormat(16000)
    return engine


def house_of(
    folder: Path, second: SineEngine, speech: SpeechSettings = WANTED, first_audio_s: float | None = None
) -> MiniatureHouse:
    mum = VoiceSettings(engine="sine", speaker="anna", fallbacks=("organ-anna",), first_audio_s=first_audio_s)
    return MiniatureHouse(folder, others=[second], voices={"mum": mum}, speech=speech)


async def rendered(house: MiniatureHouse, text: str | AsyncIterator[str]) -> bytes:
    chunks = [chunk async for chunk in house.renderer.render(text, voice="mum")]
    assert len({chunk.format for chunk in chunks}) == 1
    return b"".join(chunk.pcm for chunk in chunks)


async def collect(sound: AsyncIterator[Chunk], heard: list[Chunk]) -> None:
    async for chunk in sound:
        heard.append(chunk)  # noqa: PERF401 - what was heard before a failure counts


async def fragments(*parts: str) -> AsyncIterator[str]:
    for part in parts:
        yield part


async def test_a_rendering_fails_with_its_voice(tmp_path: Path) -> None:
    second = organ()
    async with house_of(tmp_path, second, SpeechSettings(last_resort="organ")).alive() as house:
        house.engine.fails_after = 0
        with pytest.raises(EngineError, match=r"^The sine broke off$"):
            await rendered(house, "One.")
        assert not second.spoken
        assert not house.notices


async def test_no_deadline_hurries_a_rendering_that_nobody_may_take_over(tmp_path: Path) -> None:
    speech = SpeechSettings(first_audio_s=FirstAudioSettings(normal=0.02))
    async with house_of(tmp_path, organ(), speech, first_audio_s=0.02).alive() as house:
        house.engine.chunk_delay_s = 0.05
        assert await rendered(house, "One.") == house.engine.pcm(sentence("One."))


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_fallback_speaks_all_of_it_where_the_owner_wants_that(tmp_path: Path, streamed: bool) -> None:
    second = organ()
    async with house_of(tmp_path, second).alive() as house:
        house.engine.fails_after = 0
        text = "One. Two. Three. Four. Five. Six."
        said = await rendered(house, fragments(text[:7], text[7:]) if streamed else text)
        assert said == b"".join(second.pcm(sentence(each + ".")) for each in text[:-1].split(". "))
        assert "Six." not in house.engine.spoken, "whoever spoke first goes on"
        (notice,) = house.notices
        assert (notice.voice, notice.source) == ("mum", "rendering")
        assert notice.reason == "organ-anna speaks in a rendering in place of mum: The sine broke off"


async def test_a_fallback_speaks_where_the_voice_misses_its_deadline(tmp_path: Path) -> None:
    second = organ()
    async with house_of(tmp_path, second, first_audio_s=0.05).alive() as house:
        house.engine.gate = asyncio.Event()
        assert await rendered(house, "One. Two.") == second.pcm(sentence("One.")) + second.pcm(sentence("Two."))
        await until(lambda: not house.engine.speaking)


async def test_once_it_was_heard_a_failure_is_an_error(tmp_path: Path) -> None:
    second = organ()
    async with house_of(tmp_path, second).alive() as house:
        house.engine.chunk_delay_s = 0.01
        house.engine.fails_after = 2
        heard: list[Chunk] = []
        with pytest.raises(EngineError):
            await collect(house.renderer.render("One. Two.", voice="mum"), heard)
        assert len(heard) == 2
        assert not second.spoken


async def test_a_later_sentence_that_fails_is_an_error_too(tmp_path: Path) -> None:
    second = organ()
    async with house_of(tmp_path, second).alive() as house:
        failing = asyncio.Event()

        async def text() -> AsyncIterator[str]:
            yield "One. And"
            await failing.wait()
            yield " two."

        async with aclosing(house.renderer.render(text(), voice="mum")) as sound:
            assert (await anext(sound)).frames
            house.engine.fails_after = 0
            failing.set()
            with pytest.raises(EngineError):
                await collect(sound, [])
        assert not second.spoken


async def test_a_full_queue_is_busy_or_the_fallbacks_turn(tmp_path: Path) -> None:
    for render_fallback in (False, True):
        second = organ()
        speech = SpeechSettings(render_fallback=render_fallback, waiting_max=1, ahead=1)
        async with house_of(tmp_path, second, speech).alive() as house:
            house.engine.traits = EngineTraits("sine 2", 22050, concurrency=1)
            house.engine.gate = asyncio.Event()
            holding = [house.synthesizer.speak(sentence(text), Urgency.ALARM) for text in ("A.", "B.")]
            if render_fallback:
                assert await rendered(house, "One.") == second.pcm(sentence("One."))
            else:
                with pytest.raises(BusyError):
                    await rendered(house, "One.")
            for rendition in holding:
                rendition.close()


async def test_a_voice_that_does_not_exist_is_nobody_elses_part(tmp_path: Path) -> None:
    async with house_of(tmp_path, organ()).alive() as house:
        with pytest.raises(UnknownVoiceError):
            _ = [chunk async for chunk in house.renderer.render("One.", voice="dad")]


async def test_whoever_leaves_cancels_the_fallback(tmp_path: Path) -> None:
    second = organ()
    async with house_of(tmp_path, second).alive() as house:
        house.engine.fails_after = 0
        second.chunk_delay_s, second.chunks = 0.01, 1000
        async with aclosing(house.renderer.render("One. Two. Three.", voice="mum")) as sound:
            await anext(sound)
        await until(lambda: not second.speaking, 0.5)
