"""SSML in announcements and renderings: one reading of it for every engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from announced import wish
from engines_for_tests import SineEngine
from miniature_house import MiniatureHouse
from sounds import samples_of

from voxd.errors import BadRequestError, UnspeakableTextError
from voxd.model.announcement import State
from voxd.model.audio import AudioFormat
from voxd.model.identifiers import VoiceId
from voxd.settings import VoiceSettings
from voxd.synthesis.engine import EngineTraits


async def test_no_engine_ever_sees_a_tag(house: MiniatureHouse) -> None:
    text = '<speak>Hello.<break time="100ms"/> It is <say-as interpret-as="time">7:30pm</say-as> &amp; late.</speak>'
    await house.announcer.announce(wish("one", text))
    await house.until("one", State.FINISHED)
    assert house.engine.spoken == ["Hello.", "It is seven thirty PM and late."]


async def test_a_break_is_as_long_as_it_says(house: MiniatureHouse) -> None:
    await house.announcer.announce(wish("plain", "One. Two."))
    await house.announcer.announce(wish("ssml", '<speak>One.<break time="250ms"/> Two.</speak>'))
    await house.until("ssml", State.FINISHED)
    plain, paused = house.outputs["kitchen"].heard
    assert len(paused) - len(plain) == 2 * round(0.25 * house.engine.format.rate_hz)


async def test_another_voice_speaks_what_is_its_own(tmp_path: Path) -> None:
    second = SineEngine("organ")
    second.traits, second.format = EngineTraits("organ 1", 16000, concurrency=4), AudioFormat(16000)
    voices = {"mum": VoiceSettings(engine="organ", speaker="anna")}
    async with MiniatureHouse(tmp_path, others=[second], voices=voices).alive() as house:
        await house.announcer.announce(wish("one", '<speak>One. <voice name="mum">Two.</voice> Three.</speak>'))
        await house.until("one", State.FINISHED)
        assert (house.engine.spoken, second.spoken) == (["One.", "Three."], ["Two."])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<speak><voice name="nobody">x</voice></speak>', "nobody"),
        ("<speak>Tom & Anna</speak>", "not well-formed"),
        ('<speak><prosody rate="fast">x</prosody></speak>', "cannot change its rate"),
        ("<speak><break/></speak>", "nothing that can be spoken"),
    ],
)
async def test_what_cannot_be_said_so_is_refused_at_once(house: MiniatureHouse, text: str, reason: str) -> None:
    with pytest.raises(BadRequestError, match=reason):
        await house.announcer.announce(wish("bad", text))
    assert house.states("bad") == [State.REFUSED]


async def test_what_was_accepted_is_spoken_whatever_becomes_of_a_voice_in_it(tmp_path: Path) -> None:
    text = '<speak>One. <voice name="mum">Two.</voice></speak>'
    house = MiniatureHouse(tmp_path, voices={"mum": VoiceSettings(engine="sine", speaker="anna")})
    await house.announcer.start()
    await house.announcer.announce(wish("one", text))
    await house.announcer.stop()
    async with MiniatureHouse(tmp_path).alive() as later:
        await later.until("one", State.FINISHED)
        assert later.engine.spoken == ["One.", "Two."]


async def _typed(text: str, size: int) -> AsyncIterator[str]:
    for at in range(0, len(text), size):
        yield text[at : at + size]


@pytest.mark.parametrize("size", [1, 5, 1000])
async def test_a_rendering_that_comes_in_fragments_is_read_when_it_is_whole(house: MiniatureHouse, size: int) -> None:
    text = ' <speak version="1.1">One. <sub alias="Two.">2</sub> <voice name="sine-anna">x</voice></speak>'
    async for _ in house.renderer.render(_typed(text, size)):
        pass
    assert house.engine.spoken == ["One.", "Two.", "x"]


@pytest.mark.parametrize("size", [1, 1000])
async def test_text_that_only_begins_like_it_is_text(house: MiniatureHouse, size: int) -> None:
    text = "<3 you. Bye."
    async for _ in house.renderer.render(_typed(text, size)):
        pass
    assert house.engine.spoken[-1] == "Bye."
    with pytest.raises(UnspeakableTextError):
        _ = [chunk async for chunk in house.renderer.render(_typed("<speak></speak>", size))]


async def test_the_silence_of_a_break_is_heard_in_a_rendering_as_well(house: MiniatureHouse) -> None:
    _, *rest = [chunk async for chunk in house.renderer.render('<speak>One.<break time="1s"/>Two.</speak>')]
    assert any(chunk.duration_s == 1.0 and not chunk.pcm.strip(b"\0") for chunk in rest)
    assert VoiceId("sine-anna") in [voice.name for voice in house.renderer.voices()]


async def test_what_is_to_be_softer_is_softer_in_both(house: MiniatureHouse) -> None:
    text = '<speak>One. <prosody volume="-20dB">Two.</prosody></speak>'
    await house.announcer.announce(wish("one", text))
    await house.until("one", State.FINISHED)
    rendered = b"".join([chunk.pcm async for chunk in house.renderer.render(text)])
    for pcm in (house.outputs["kitchen"].heard[0], rendered):
        half = len(pcm) // 4 * 2
        loud, soft = (np.abs(samples_of(part)).max() for part in (pcm[: half - 2000], pcm[half + 2000 :]))
        assert 8 < loud / soft < 12
