"""One voxd may speak through another: the engine wyoming at our own door."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from voxd.errors import EngineError
from voxd.frontends.wyoming import WyomingFrontend
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings.engines import WyomingEngineSettings
from voxd.synthesis.engine import Sentence
from voxd.synthesis.engines.wyoming import WyomingEngine


@pytest.fixture
async def engine(frontend: WyomingFrontend) -> AsyncIterator[WyomingEngine]:
    engine = WyomingEngine("next-door", WyomingEngineSettings(port=frontend.port))
    await engine.start()
    yield engine
    await engine.stop()


def sentence(text: str, speaker: str = "mum") -> Sentence:
    return Sentence(text, Voice(VoiceId("any"), "next-door", speaker, ("en",)), "en")


async def heard(engine: WyomingEngine, asked: Sentence) -> bytes:
    async with aclosing(engine.speak(asked)) as sound:
        return b"".join([chunk.pcm async for chunk in sound])


async def test_it_speaks_with_the_neighbour_s_voices(engine: WyomingEngine, renderer: Any) -> None:
    assert [(speaker.name, speaker.languages) for speaker in engine.speakers] == [
        ("mum", ("en-GB", "de")),
        ("dad", ("de",)),
        ("espeak-fr", ("fr",)),
    ]
    assert engine.traits.fingerprint.endswith(" voxd 1.2.3")
    assert len(await heard(engine, sentence("abc*5000 def"))) == (3 * 5000 + 3) * 440
    assert renderer.asked == [("mum", None)]


async def test_the_neighbour_s_refusal_is_an_engine_error(engine: WyomingEngine) -> None:
    with pytest.raises(EngineError, match=r"no voice .aunt"):
        await heard(engine, sentence("hello", "aunt"))
    with pytest.raises(EngineError, match="The engine broke down"):
        await heard(engine, sentence("the-beginning-is-fine FAIL"))


@pytest.mark.realtime
async def test_closing_stops_the_neighbour_s_synthesis(engine: WyomingEngine, renderer: Any) -> None:
    sound = engine.speak(sentence("the-beginning-is-fine HANG"))
    await anext(sound)
    await asyncio.wait_for(renderer.begun.wait(), 1)
    await sound.aclose()
    await asyncio.wait_for(renderer.cancelled.wait(), 0.1)


async def test_32_sentences_at_once_are_all_spoken(engine: WyomingEngine) -> None:
    texts = [f"number{number:04}" for number in range(32)]
    sounds = await asyncio.gather(*(heard(engine, sentence(text)) for text in texts))
    assert len(set(sounds)) == 32
