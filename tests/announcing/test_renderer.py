"""Renderings: one format, sentence by sentence, ahead of their turn, and nothing left behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from miniature_house import MiniatureHouse
from waiting import until

from voxd.errors import BadRequestError, EngineError, UnknownVoiceError, UnspeakableTextError
from voxd.model.audio import Chunk


async def rendered(house: MiniatureHouse, text: str | AsyncIterator[str], voice: str | None = None) -> list[Chunk]:
    return [chunk async for chunk in house.renderer.render(text, voice=voice)]


async def fragments(*parts: str) -> AsyncIterator[str]:
    for part in parts:
        await asyncio.sleep(0)
        yield part


async def test_the_sound_of_every_sentence_comes_in_order(house: MiniatureHouse) -> None:
    whole = await rendered(house, "One. Two. Three.")
    assert house.engine.spoken == ["One.", "Two.", "Three."]
    assert sum(chunk.frames for chunk in whole) == 3 * house.engine.chunks * house.engine.chunk_frames
    assert len({chunk.format for chunk in whole}) == 1


async def test_a_stream_of_fragments_sounds_like_the_whole_text(house: MiniatureHouse) -> None:
    whole = b"".join(chunk.pcm for chunk in await rendered(house, "One two. Three four. Five."))
    streamed = await rendered(house, fragments("One t", "wo. Thr", "ee fo", "ur. Fi", "ve."))
    assert b"".join(chunk.pcm for chunk in streamed) == whole


async def test_the_first_sentence_sounds_before_the_text_is_whole(house: MiniatureHouse) -> None:
    more = asyncio.Event()

    async def slow() -> AsyncIterator[str]:
        yield "One. And"
        await more.wait()
        yield " two."

    async with aclosing(house.renderer.render(slow())) as sound:
        assert (await anext(sound)).frames
        more.set()
        assert [chunk async for chunk in sound]


async def test_a_sentence_that_is_whole_does_not_wait_for_the_next_one(house: MiniatureHouse) -> None:
    more = asyncio.Event()

    async def pausing() -> AsyncIterator[str]:
        yield "One."
        yield ""
        await more.wait()
        yield " Two"
        yield ""
        yield " three."

    async with aclosing(house.renderer.render(pausing())) as sound:
        assert (await anext(sound)).frames
        more.set()
        assert [chunk async for chunk in sound]
    assert house.engine.spoken == ["One.", "Two three."]


async def test_nothing_to_say_is_an_error(house: MiniatureHouse) -> None:
    for text in ("", "🎉", "..."):
        with pytest.raises(UnspeakableTextError):
            await rendered(house, text)
        with pytest.raises(UnspeakableTextError):
            await rendered(house, fragments(text))


async def test_an_unknown_voice_is_an_error(house: MiniatureHouse) -> None:
    with pytest.raises(UnknownVoiceError):
        await rendered(house, "Hello", voice="nobody")
    with pytest.raises(UnknownVoiceError):
        await rendered(house, fragments("Hello"), voice="nobody")


async def test_a_rate_that_the_voice_cannot_have_is_an_error(house: MiniatureHouse) -> None:
    with pytest.raises(BadRequestError, match="rate"):
        _ = [chunk async for chunk in house.renderer.render("Hello", rate=1.5)]


async def test_a_failing_engine_is_an_error_in_a_stream_too(house: MiniatureHouse) -> None:
    house.engine.fails_after = 1
    with pytest.raises(EngineError):
        await rendered(house, "One. Two.")
    with pytest.raises(EngineError):
        await rendered(house, fragments("Three. ", "Four."))


async def test_sentences_are_rendered_ahead_but_not_all_at_once(house: MiniatureHouse) -> None:
    text = " ".join(f"Sentence {number}." for number in range(20))
    async with aclosing(house.renderer.render(text)) as sound:
        await anext(sound)
        await asyncio.sleep(0.05)
        assert 2 <= len(house.engine.spoken) <= 4


@pytest.mark.parametrize("streamed", [True, False])
async def test_whoever_leaves_cancels_the_synthesis(house: MiniatureHouse, streamed: bool) -> None:
    house.engine.chunk_delay_s = 0.02
    house.engine.chunks = 1000
    text = "One. Two. Three. Four."
    async with aclosing(house.renderer.render(fragments(text) if streamed else text)) as sound:
        await anext(sound)
    await until(lambda: not house.engine.speaking, 0.5)
    assert house.engine.cancelled >= 1
