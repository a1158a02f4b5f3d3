"""What every remote engine promises where its servers fail. A further kind is one line in remote_kinds.KINDS."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from speech_servers.remote_kinds import KINDS, Kind
from speech_servers.troubled import (
    SHOWN_AGAIN,
    TOKEN,
    Exchange,
    Trouble,
    TroubledServer,
    dies,
    event,
    http,
    never_answers,
    tells_what_it_was_sent,
    troubled,
    wav,
    wyoming,
)
from waiting import until

from voxd.errors import EngineError
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.synthesis.engine import Engine, EngineTraits, Sentence, Speaker, TendedEngine, WatchedEngine
from voxd.synthesis.engines.remote.engine import RemoteEngine
from voxd.synthesis.engines.remote.table import remote_engine

TEXT = "The zebra in the garden is hungry."
LONG = "The zebra in the garden is hungry, and nobody knows what it eats. " * 10
NOISE = b"\x10\x27\xf0\xd8" * 4000
SILENCE = bytes(32_000)
FORMAT = {"rate": 16_000, "width": 2, "channels": 1}
HTTP_KINDS = [kind for kind in KINDS if kind.is_http]


@dataclass
class Pair:
    """An engine, and the troubled ports of its servers."""

    engine: RemoteEngine
    servers: list[TroubledServer]

    @property
    def server(self) -> TroubledServer:
        """Where there is only one."""
        return self.servers[0]

    @property
    def asked(self) -> int:
        """How many sentences all servers were asked for."""
        return sum(server.asked for server in self.servers)

    def sentence(self, text: str = TEXT) -> Sentence:
        """For the engine's preferred speaker."""
        speaker = self.engine.speakers[0]
        return Sentence(text, Voice(VoiceId("test"), self.engine.name, speaker.name, speaker.languages), "en")

    async def spoken(self, text: str = TEXT) -> bytes:
        """The whole sound of a sentence."""
        async with aclosing(self.engine.speak(self.sentence(text))) as chunks:
            return b"".join([chunk.pcm async for chunk in chunks])

    async def failure(self) -> str:
        """What is told of a sentence of which nothing was heard."""
        heard, error = await self.broken_off()
        assert not heard
        return str(error)

    async def broken_off(self, text: str = TEXT) -> tuple[bytes, EngineError]:
        """What is heard of a sentence before it fails, and with what."""
        heard = b""
        try:
            async with aclosing(self.engine.speak(self.sentence(text))) as chunks:
                async for chunk in chunks:
                    heard += chunk.pcm
        except EngineError as error:
            return heard, error
        raise AssertionError("it did not fail")


@asynccontextmanager
async def pair(kind: Kind, folder: Path, count: int = 1, **options: object) -> AsyncIterator[Pair]:
    """The engine, started, and its servers."""
    async with kind.serve(folder) as port, troubled(port, count) as servers:
        settings = kind.settings([server.port for server in servers], folder, {"probe_s": 0.1, **options})
        engine = remote_engine(kind.name, settings)
        assert isinstance(engine, RemoteEngine)
        await engine.start()
        try:
            await until(lambda: engine.health.state == "ready" and not engine.health.reason)
            yield Pair(engine, servers)
        finally:
            await engine.stop()


@pytest.fixture(params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind in turn."""
    found: Kind = request.param
    return found


def says(text: str) -> Trouble:
    """An error of Wyoming."""
    return wyoming(event("error", {"text": text}))


def sends(pcm: bytes, *, ends: bool = True) -> Trouble:
    """Sound of Wyoming."""
    events = [event("audio-start", dict(FORMAT)), event("audio-chunk", dict(FORMAT), pcm)]
    return wyoming(*events, *([event("audio-stop", {})] if ends else []))


async def endless_http(exchange: Exchange) -> None:
    """A WAV without end."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nConnection: close\r\n\r\n"
    await exchange.send(head + wav(b"", 16_000))
    while True:
        await exchange.send(NOISE * 10)


async def endless_wyoming(exchange: Exchange) -> None:
    """The same in Wyoming."""
    while True:
        await exchange.send(event("audio-chunk", dict(FORMAT), NOISE * 10))


@dataclass(frozen=True)
class Answer:
    """A wrong answer, in HTTP and in Wyoming where it has that, and what the owner is told of it."""

    told: str
    over_http: Trouble
    over_wyoming: Trouble | None = None

    def of(self, kind: Kind) -> Trouble | None:
        """As a server of that kind gives it."""
        return self.over_http if kind.is_http else self.over_wyoming


JSON, HTML, WAV = "application/json", "text/html", "audio/wav"
WRONG = {
    "500": Answer("CUDA error", http(500, JSON, b'{"error": "CUDA error"}'), says("CUDA error")),
    "503": Answer("loading", http(503, "text/plain", b"The model is loading"), says("The model is loading")),
    "429": Answer("429|Too many", http(429, JSON, b'{"detail": "Too many requests"}')),
    "401": Answer("token", http(401, JSON, b'{"error": {"message": "Invalid API key"}}')),
    "200 with an error": Answer("out of memory", http(200, JSON, b'{"error": "out of memory"}')),
    "a page": Answer("page|HTML|html|Welcome", http(200, HTML, b"<html><body>Welcome to nginx!</body></html>")),
    "pcm without a head": Answer("WAV|wav|head|no sound", http(200, WAV, NOISE)),
    "nothing": Answer("no sound|without any sound|empty", http(200, WAV, b""), wyoming(event("audio-stop", {}))),
    "a head alone": Answer("no sound|without any sound", http(200, WAV, wav(b"", 16_000)), sends(b"")),
    "silence": Answer("silence", http(200, WAV, wav(SILENCE, 16_000)), sends(SILENCE)),
    "endless silence": Answer("silence", http(200, WAV, wav(SILENCE * 30, 16_000)), sends(SILENCE * 30, ends=False)),
    "a gzip bomb": Answer(
        "packs|gzip", http(200, WAV, gzip.compress(wav(bytes(10_000_000), 16_000)), "Content-Encoding: gzip")
    ),
    "no HTTP": Answer("HTTP", lambda exchange: exchange.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")),
    "an endless head": Answer("HTTP", lambda exchange: exchange.send(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2_000_000)),
}


@pytest.mark.parametrize(
    ("kind", "wrong"), [(kind, wrong) for kind in KINDS for wrong in WRONG if WRONG[wrong].of(kind)], ids=str
)
async def test_a_wrong_answer_is_told_in_a_sentence_and_harms_nothing(kind: Kind, wrong: str, tmp_path: Path) -> None:
    async with pair(kind, tmp_path) as both:
        both.server.trouble = WRONG[wrong].of(kind)
        told = await both.failure()
        assert f"127.0.0.1:{both.server.port}" in told
        assert f"The engine {kind} failed: " in told
        assert any(word in told for word in WRONG[wrong].told.split("|")), told
        assert len(told) < 600
        assert "\n" not in told
        both.server.trouble = None
        assert await both.spoken(), "the next sentence is not harmed"


async def test_a_server_that_dies_before_the_first_sound_is_replaced_and_the_sentence_heard_once(
    kind: Kind, tmp_path: Path
) -> None:
    async with pair(kind, tmp_path, count=2) as both:
        whole = await both.spoken()
        both.servers[0].trouble = dies
        for _ in range(3):
            assert await both.spoken() == whole
        assert not both.engine.health.reason or "ready" in both.engine.health.state


async def test_a_death_in_mid_stream_is_an_error_and_nothing_is_heard_twice(kind: Kind, tmp_path: Path) -> None:
    async with pair(kind, tmp_path, count=2) as both:
        whole = await both.spoken(LONG)
        before = both.asked
        for server in both.servers:
            server.trouble = lambda exchange: exchange.pass_on(len(whole) // 2)
        heard, error = await both.broken_off(LONG)
        assert f"The engine {kind} failed: " in str(error)
        if kind.streams:
            assert heard
            assert whole.startswith(heard)
            assert both.asked == before + 1
        else:
            assert not heard


async def test_a_connection_that_breaks_is_made_once_more_where_there_is_no_other_server(tmp_path: Path) -> None:
    kind = HTTP_KINDS[0]
    async with pair(kind, tmp_path) as both:
        both.server.trouble, both.server.times = dies, 1
        assert await both.spoken()
        assert both.asked == 2
        both.server.times = None
        assert "Connection reset" in await both.failure()
        assert both.asked == 4


async def test_a_slow_server_is_waited_for(kind: Kind, tmp_path: Path) -> None:
    async with pair(kind, tmp_path) as both:
        whole = await both.spoken()
        both.server.trouble = lambda exchange: exchange.pass_on(piece_delay_s=0.02)
        both.server.delay_s = 0.4
        assert await both.spoken() == whole


async def test_a_server_that_accepts_and_never_answers_is_left_in_time(kind: Kind, tmp_path: Path) -> None:
    async with pair(kind, tmp_path, first_sound_timeout_s=0.3) as both:
        both.server.trouble = never_answers
        told = await both.failure()
        assert "no sound for" in told or "no answer within" in told, told
        await until(lambda: both.server.left == 1)


async def test_a_server_that_falls_silent_in_mid_stream_is_left_in_time(kind: Kind, tmp_path: Path) -> None:
    async with pair(kind, tmp_path, chunk_timeout_s=0.3, first_sound_timeout_s=3) as both:
        size = len(await both.spoken(LONG)) // 2
        left = both.server.left

        async def falls_silent(exchange: Exchange) -> None:
            await exchange.pass_on(size)
            await exchange.until_left()

        both.server.trouble = falls_silent
        with pytest.raises(EngineError, match=r"for 0\.3 s|for 3 s"):
            await both.spoken(LONG)
        await until(lambda: both.server.left == left + 1)


@pytest.mark.parametrize("sounded", [True, False], ids=["in mid-stream", "before its first sound"])
async def test_a_cancelled_sentence_leaves_the_server(kind: Kind, sounded: bool, tmp_path: Path) -> None:
    async with pair(kind, tmp_path) as both:
        both.server.trouble = (lambda exchange: exchange.pass_on(piece_delay_s=0.05)) if sounded else never_answers
        if sounded and kind.streams:
            sound = both.engine.speak(both.sentence(LONG))
            assert (await anext(sound)).pcm
            await sound.aclose()
        else:
            speaking = asyncio.create_task(both.spoken(LONG))
            await until(lambda: both.server.asked)
            speaking.cancel()
            await asyncio.wait({speaking})
        await until(lambda: both.server.left == 1)
        both.server.trouble = None
        assert await both.spoken()


async def test_a_body_without_end_is_refused(kind: Kind, tmp_path: Path) -> None:
    async with pair(kind, tmp_path) as both:
        both.server.trouble = endless_http if kind.is_http else endless_wyoming
        with pytest.raises(EngineError, match=r"end within|more than") as raised:
            await both.spoken()
        assert not raised.value.fault or raised.value.fault == "runaway"
        await until(lambda: both.server.left == 1)


@pytest.mark.parametrize("rate_hz", [8000, 22_051, 96_000])
async def test_an_odd_sample_rate_is_taken_as_it_is(kind: Kind, rate_hz: int, tmp_path: Path) -> None:
    async with pair(kind, tmp_path) as both:
        chunk = event("audio-chunk", {**FORMAT, "rate": rate_hz}, NOISE)
        over_http = http(200, WAV, wav(NOISE, rate_hz))
        both.server.trouble = over_http if kind.is_http else wyoming(chunk, event("audio-stop", {}))
        async with aclosing(both.engine.speak(both.sentence())) as chunks:
            assert {chunk.format.rate_hz async for chunk in chunks} == {rate_hz}


@pytest.mark.parametrize("kind", HTTP_KINDS, ids=str)
async def test_nobody_else_is_asked_whom_a_redirect_names(kind: Kind, tmp_path: Path) -> None:
    async with pair(kind, tmp_path) as both, troubled(1) as elsewhere:
        where = f"Location: http://127.0.0.1:{elsewhere[0].port}/tts"
        for status in (301, 302, 303, 307, 308):
            both.server.trouble = http(status, "text/plain", b"", where)
            assert "elsewhere" in await both.failure()
        assert not elsewhere[0].requests


async def test_a_server_that_went_away_is_told_and_found_again(
    kind: Kind, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with pair(kind, tmp_path) as both:
        assert isinstance(both.engine, WatchedEngine)
        states: list[str] = []
        both.engine.listen(lambda health: states.append(health.state))
        speakers, traits = both.engine.speakers, both.engine.traits
        await both.server.stop()
        assert "does not answer: Connection refused" in await both.failure()
        assert both.engine.health.state == "failed"
        assert "does not answer: Connection refused; looked for again every 0.1 s" in both.engine.health.reason
        assert (both.engine.speakers, both.engine.traits) == (speakers, traits), "what it told is kept"
        await both.failure()
        await both.server.start()
        await until(lambda: both.engine.health.state == "ready")
        assert await both.spoken()
        assert states == ["failed", "ready"]
        assert isinstance(both.engine, TendedEngine)
        assert both.engine.tended
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("voxd.synthesis")]
    assert sum("does not answer" in line for line in logged) == 1, "lost once"
    assert sum("answers again" in line for line in logged) == 1, "back once"


async def test_a_house_whose_servers_are_all_away_starts_at_once_and_finds_them_later(
    kind: Kind, tmp_path: Path
) -> None:
    async with kind.serve(tmp_path) as port, troubled(port, 2) as servers:
        for server in servers:
            await server.stop()
        settings = kind.settings([server.port for server in servers], tmp_path, {"probe_s": 0.1})
        engine = remote_engine(kind.name, settings)
        assert isinstance(engine, RemoteEngine)
        async with asyncio.timeout(settings.connect_timeout_s):
            await engine.start()
            assert (await engine.settled()).state == "failed"
        fingerprint = engine.traits.fingerprint
        try:
            await servers[1].start()
            await until(lambda: engine.health.state == "ready")
            assert engine.speakers
            assert engine.traits.fingerprint != fingerprint, "nothing was to be found under a stranger's name"
            assert await Pair(engine, servers).spoken()
        finally:
            await engine.stop()


ODD = (b"", b"null", b"[]", b"5", b'"x"', b"{}", b'{"data": 5, "voices": [1, null, {}]}', b'{"data": [{"id": [1]}, 7]}')


async def test_nothing_that_a_server_tells_of_itself_can_harm_the_house(
    kind: Kind, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    odd = (
        [http(200, JSON, body) for body in ODD] if kind.is_http else [wyoming(event("info", {"tts": ODD[3].decode()}))]
    )
    wrong = [answer for wrong in WRONG.values() if (answer := wrong.of(kind)) is not None]
    async with kind.serve(tmp_path) as port, troubled(port) as servers:
        for learning in (*odd, *wrong):
            servers[0].learning = learning
            engine = remote_engine(kind.name, kind.settings([servers[0].port], tmp_path, {"connect_timeout_s": 0.5}))
            assert isinstance(engine, RemoteEngine)
            await engine.start()
            health = await engine.settled()
            assert engine.tended
            assert health.state == "ready" or f"127.0.0.1:{servers[0].port}" in health.reason
            await engine.stop()
    assert "not understood" not in caplog.text


async def test_what_was_cached_is_found_and_the_voices_are_known_while_all_servers_are_away(
    kind: Kind, tmp_path: Path
) -> None:
    memory = tmp_path / "cache" / "servers.json"
    async with kind.serve(tmp_path) as port, troubled(port) as servers:
        ports = [servers[0].port]
        engine = remote_engine(kind.name, kind.settings(ports, tmp_path, {}), memory)
        await engine.start()
        await until(memory.exists)
        await engine.stop()
        told = engine.traits, engine.speakers
        await servers[0].stop()
        assert await _away(remote_engine(kind.name, kind.settings(ports, tmp_path, {}), memory)) == told
        other = kind.settings(ports, tmp_path, {"probe_s": 3.0, "connect_timeout_s": 1.5})
        assert await _away(remote_engine(kind.name, other, memory)) == told
        memory.write_text("{")
        assert (await _away(remote_engine(kind.name, kind.settings(ports, tmp_path, {}), memory)))[1] == ()


async def _away(engine: Engine) -> tuple[EngineTraits, tuple[Speaker, ...]]:
    """What is known of an engine whose servers are away."""
    await engine.start()
    try:
        assert isinstance(engine, WatchedEngine)
        assert (await engine.settled()).state == "failed"
        return engine.traits, engine.speakers
    finally:
        await engine.stop()


async def test_a_token_is_shown_to_the_server_and_never_told(
    kind: Kind, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "voxd")
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    async with pair(kind, tmp_path, token_file=str(tmp_path / "token")) as both:
        assert TOKEN.encode() in both.server.requests[0]
        both.server.trouble = tells_what_it_was_sent if kind.is_http else says(f"{SHOWN_AGAIN}: {TOKEN}")
        told = await both.failure() + both.engine.health.reason + caplog.text
        assert SHOWN_AGAIN in told
        assert TOKEN not in told
        assert TOKEN[:12] not in told


async def test_a_token_that_cannot_be_read_is_told_with_its_file(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    async with pair(kind, tmp_path, token_file=str(tmp_path / "token")) as both:
        (tmp_path / "token").unlink()
        told = await both.failure()
        assert str(tmp_path / "token") in told
        assert not both.server.asked


def test_engines_without_a_clip_to_give_do_not_say_that_they_clone(tmp_path: Path) -> None:
    names = {kind.name for kind in KINDS if hasattr(_engine(kind, tmp_path), "know")}
    assert names == {"openai", "gpt_sovits"}


def _engine(kind: Kind, folder: Path) -> Engine:
    return remote_engine(kind.name, kind.settings([1], folder, {}))
