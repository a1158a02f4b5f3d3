"""One voxd may speak through another: the engine wyoming at our own door."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from certificates import certificate

from voxd.errors import EngineError
from voxd.frontends.wyoming import WyomingFrontend
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings.engines import WyomingEngineSettings
from voxd.synthesis.engine import Engine, Sentence, WatchedEngine
from voxd.synthesis.engines.remote.table import remote_engine

Start = Callable[..., Awaitable[WyomingFrontend]]


@pytest.fixture
async def engine(frontend: WyomingFrontend) -> AsyncIterator[Engine]:
    engine = remote_engine("next-door", WyomingEngineSettings(port=frontend.port))
    await engine.start()
    yield engine
    await engine.stop()


def sentence(text: str, speaker: str = "mum") -> Sentence:
    return Sentence(text, Voice(VoiceId("any"), "next-door", speaker, ("en",)), "en")


async def heard(engine: Engine, asked: Sentence) -> bytes:
    async with aclosing(engine.speak(asked)) as sound:
        return b"".join([chunk.pcm async for chunk in sound])


async def test_it_speaks_with_the_neighbour_s_voices(engine: Engine, renderer: Any) -> None:
    assert [(speaker.name, speaker.languages) for speaker in engine.speakers] == [
        ("mum", ("en-GB", "de")),
        ("dad", ("de",)),
        ("espeak-fr", ("fr",)),
    ]
    assert engine.traits.fingerprint.endswith(" voxd 1.2.3")
    assert len(await heard(engine, sentence("abc*500 def"))) == (3 * 500 + 3) * 440
    assert renderer.asked == [("mum", None)]


async def test_the_neighbour_s_refusal_is_an_engine_error(engine: Engine) -> None:
    with pytest.raises(EngineError, match=r"cannot say that: .*The text holds nothing to say"):
        await heard(engine, sentence(" "))
    with pytest.raises(EngineError, match="The engine broke down"):
        await heard(engine, sentence("the-beginning-is-fine FAIL"))


@pytest.mark.realtime
async def test_closing_stops_the_neighbour_s_synthesis(engine: Engine, renderer: Any) -> None:
    sound = engine.speak(sentence("the-beginning-is-fine HANG"))
    await anext(sound)
    await asyncio.wait_for(renderer.begun.wait(), 1)
    await sound.aclose()
    await asyncio.wait_for(renderer.cancelled.wait(), 0.1)


def next_door(port: int, **settings: object) -> Engine:
    return remote_engine("next-door", WyomingEngineSettings.model_validate({"port": port, **settings}))


async def reason_of(engine: Engine) -> str:
    """Start it; why it cannot speak."""
    assert isinstance(engine, WatchedEngine)
    await engine.start()
    await engine.stop()
    with pytest.raises(EngineError) as failure:
        await heard(engine, sentence("hello"))
    return str(failure.value)


async def test_a_neighbour_that_wants_a_token_is_shown_it(start: Start, beyond: str, tmp_path: Path) -> None:
    token, other = tmp_path / "token", tmp_path / "other"
    token.write_text("Sésame\n")
    other.write_text("rosebud")
    port = (await start(host="0.0.0.0", allow=[beyond], token_file=str(token))).port
    engine = next_door(port, host=beyond, token_file=str(token))
    await engine.start()
    assert len(await heard(engine, sentence("hello"))) == 5 * 440
    await engine.stop()
    assert "it wants a token: set token_file" in await reason_of(next_door(port, host=beyond))
    told = await reason_of(next_door(port, host=beyond, token_file=str(other)))
    assert f"it does not take the token in {other}" in told
    assert "rosebud" not in told


async def test_a_neighbour_that_wants_no_token_speaks_to_whoever_shows_one(start: Start, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("sesame")
    engine = next_door((await start()).port, token_file=str(tmp_path / "token"))
    await engine.start()
    assert await heard(engine, sentence("hello"))
    await engine.stop()


async def test_a_token_that_cannot_be_read_is_told_and_nobody_is_asked(frontend: WyomingFrontend) -> None:
    told = await reason_of(next_door(frontend.port, token_file="/no/such/token"))
    assert "/no/such/token cannot be read (token_file): No such file or directory" in told


async def test_over_tls_the_certificate_and_the_host_s_name_are_checked(start: Start, tmp_path: Path) -> None:
    ours, others = certificate(tmp_path), certificate(tmp_path, name="other")
    port = (await start(host="0.0.0.0", tls=ours.settings)).port
    trusted = {"enabled": True, "ca_file": str(ours.cert)}
    for host in ("127.0.0.1", "localhost"):
        engine = next_door(port, host=host, tls=trusted)
        await engine.start()
        assert len(await heard(engine, sentence("hello"))) == 5 * 440
        await engine.stop()
    for stranger in ({"tls": trusted, "host": "127.0.0.2"}, {"tls": {**trusted, "ca_file": str(others.cert)}}):
        assert "its certificate is not trusted" in await reason_of(next_door(port, **stranger))
    assert f"{tmp_path}/none cannot be read (tls)" in await reason_of(
        next_door(port, tls={**trusted, "ca_file": str(tmp_path / "none")})
    )


async def test_a_neighbour_without_tls_is_told_from_one_with_it(frontend: WyomingFrontend) -> None:
    assert "TLS failed" in await reason_of(next_door(frontend.port, tls={"enabled": True}))


async def test_32_sentences_at_once_are_all_spoken(engine: Engine) -> None:
    texts = [f"number{number:04}" for number in range(32)]
    sounds = await asyncio.gather(*(heard(engine, sentence(text)) for text in texts))
    assert len(set(sounds)) == 32
