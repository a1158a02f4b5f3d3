"""The engine wyoming against servers of the reference library, of our own, and of no good will."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing

import pytest
from brokers import free_port
from engines_for_tests import sentence, voice
from waiting import until
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, async_write_event
from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice, TtsVoiceSpeaker
from wyoming.server import AsyncEventHandler, AsyncTcpServer
from wyoming.tts import Synthesize, SynthesizeVoice

from voxd.errors import EngineError
from voxd.model.audio import AudioFormat, Chunk
from voxd.settings.engines import WyomingEngineSettings
from voxd.synthesis.engine import Engine, Sentence, Speaker, WatchedEngine
from voxd.synthesis.engines.remote.table import remote_engine

US = Attribution("test", "")
PROGRAM = TtsProgram(
    "parrot", US, True, None, "7",
    [
        TtsVoice("en_US-amy", US, True, "Amy", None, ["en_US"]),
        TtsVoice("gone", US, False, "Gone", None, ["en"]),
        TtsVoice("many", US, True, None, None, ["de", "fr-FR"], [TtsVoiceSpeaker("p1"), TtsVoiceSpeaker("p2")]),
    ],
)  # fmt: skip
PCM = bytes(range(250)) * 40
EVENTS = [
    AudioStart(22050, 2, 1).event(),
    AudioChunk(22050, 2, 1, PCM[:1001]).event(),
    AudioChunk(22050, 2, 1, PCM[1001:]).event(),
    AudioStop().event(),
]
START, FIRST, SECOND, STOP = EVENTS


class Parrot:
    """A server of the reference library that answers every text with the same events, then hangs up if it `leaves`."""

    def __init__(self) -> None:
        self.events = EVENTS
        self.leaves = False
        self.asked: list[Synthesize] = []
        self.described = 0
        self.left = asyncio.Event()
        self.port = 0
        self._server: AsyncTcpServer | None = None

    async def start(self) -> None:
        self._server = AsyncTcpServer("127.0.0.1", self.port)
        await self._server.start(lambda reader, writer: ParrotEvents(self, reader, writer))
        assert isinstance(self._server._server, asyncio.Server)
        self.port = self._server._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        await self._server.stop()


class ParrotEvents(AsyncEventHandler):
    def __init__(self, parrot: Parrot, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        self.parrot = parrot

    async def handle_event(self, event: Event) -> bool:
        if Describe.is_type(event.type):
            self.parrot.described += 1
            await self.write_event(Info(tts=[PROGRAM]).event())
            return True
        self.parrot.asked.append(Synthesize.from_event(event))
        for answer in self.parrot.events:
            await self.write_event(answer)
        return not self.parrot.leaves

    async def disconnect(self) -> None:
        self.parrot.left.set()


@pytest.fixture
async def parrot() -> AsyncIterator[Parrot]:
    parrot = Parrot()
    await parrot.start()
    yield parrot
    await parrot.stop()
    await asyncio.sleep(0.01)


def engine_at(port: int, **settings: object) -> Engine:
    timeouts = {"connect_timeout_s": 0.5, "first_sound_timeout_s": 0.5, "chunk_timeout_s": 0.5, "probe_s": 0.3}
    chosen = {"port": port, **timeouts, **settings}
    return remote_engine("parrot", WyomingEngineSettings.model_validate(chosen))


@pytest.fixture
async def engine(parrot: Parrot) -> AsyncIterator[Engine]:
    engine = engine_at(parrot.port)
    await engine.start()
    yield engine
    await engine.stop()


def spoken_by(speaker: str, language: str = "en-US") -> Sentence:
    return sentence("Hello", voice("parrot", speaker, language))


async def heard(engine: Engine, speaker: str = "en_US-amy") -> list[Chunk]:
    async with aclosing(engine.speak(spoken_by(speaker))) as sound:
        return [chunk async for chunk in sound]


def test_nothing_is_known_of_a_server_before_it_was_asked() -> None:
    one, other = engine_at(1), engine_at(1)
    assert one.speakers == ()
    assert one.traits.fingerprint != other.traits.fingerprint


async def test_the_installed_voices_of_the_server_are_its_speakers(engine: Engine) -> None:
    assert engine.speakers == (
        Speaker("en_US-amy", ("en-US",), "Amy"),
        Speaker("many", ("de", "fr-FR"), ""),
    )
    assert engine.speakers is engine.speakers


async def test_its_fingerprint_names_address_program_and_version(engine: Engine, parrot: Parrot) -> None:
    assert engine.traits.fingerprint == f"wyoming 127.0.0.1:{parrot.port} parrot 7"


async def test_its_sound_comes_in_whole_frames_and_to_its_end(engine: Engine) -> None:
    chunks = await heard(engine)
    assert b"".join(chunk.pcm for chunk in chunks) == PCM
    assert {chunk.format for chunk in chunks} == {AudioFormat(22050)}
    assert [len(chunk.pcm) % 2 for chunk in chunks] == [0, 0]


@pytest.mark.parametrize(
    ("width", "sample"), [(1, b"\xc0"), (2, b"\x00\x40"), (3, b"\x00\x00\x40"), (4, b"\x00\x00\x00\x40")]
)
async def test_any_width_becomes_16_bit(engine: Engine, parrot: Parrot, width: int, sample: bytes) -> None:
    parrot.events = [AudioStart(8000, width, 2).event(), AudioChunk(8000, width, 2, sample * 200).event(), STOP]
    assert await heard(engine) == [Chunk(AudioFormat(8000, 2), b"\x00\x40" * 200)]


@pytest.mark.parametrize(
    ("speaker", "language", "asked"),
    [
        ("en_US-amy", "en-US", SynthesizeVoice(name="en_US-amy")),
        ("many+p2", "de", SynthesizeVoice(name="many", speaker="p2")),
        ("", "fr", SynthesizeVoice(language="fr")),
        ("", "und", None),
    ],
)
async def test_the_server_is_asked_for_the_sentence_s_voice(
    engine: Engine, parrot: Parrot, speaker: str, language: str, asked: SynthesizeVoice | None
) -> None:
    async with aclosing(engine.speak(spoken_by(speaker, language))) as sound:
        await anext(sound)
    assert [(one.text, one.voice) for one in parrot.asked] == [("Hello", asked)]


BAD_REPLIES = {
    "an error": ([Error("no such voice").event()], "no such voice"),
    "an error in mid-sound": ([START, FIRST, Error("broke down").event()], "broke down"),
    "no sound": ([START, STOP], "no sound"),
    "empty chunks": ([START, AudioChunk(22050, 2, 1, b"").event(), STOP], "no sound"),
    "less than a frame": ([START, AudioChunk(22050, 2, 1, b"x").event(), STOP], "no sound"),
    "another format": ([START, FIRST, AudioChunk(48000, 2, 1, PCM).event(), STOP], "format"),
    "a format of strings": ([Event("audio-chunk", {"rate": "x", "width": 2, "channels": 1}, PCM)], "'rate'"),
    "a format of zeros": ([AudioChunk(22050, 2, 0, PCM).event()], "'channels'"),
    "a payload without end": ([Event("audio-chunk", {}, b"x" * 2_000_000)], "payload_length"),
    "silence": ([START, FIRST], "0.5 s"),
}


@pytest.mark.parametrize(("events", "reason"), BAD_REPLIES.values(), ids=BAD_REPLIES.keys())
async def test_a_bad_reply_is_an_engine_error_that_names_the_server(
    engine: Engine, parrot: Parrot, events: list[Event], reason: str
) -> None:
    parrot.events = events
    with pytest.raises(EngineError, match=rf"127\.0\.0\.1:{parrot.port}: .*{reason}"):
        await heard(engine)


@pytest.mark.parametrize("events", [[], [START], [START, FIRST]])
async def test_a_server_that_hangs_up_before_the_end_is_an_engine_error(
    engine: Engine, parrot: Parrot, events: list[Event]
) -> None:
    parrot.events, parrot.leaves = events, True
    with pytest.raises(EngineError, match="ended the connection"):
        await heard(engine)


async def test_the_first_sound_is_given_before_the_last_is_there(engine: Engine, parrot: Parrot) -> None:
    parrot.events = [START, FIRST]
    async with aclosing(engine.speak(spoken_by("en_US-amy"))) as sound:
        assert (await anext(sound)).pcm == PCM[:1000]


@pytest.mark.realtime
async def test_closing_hangs_up_within_50_ms(engine: Engine, parrot: Parrot) -> None:
    parrot.events = [START, FIRST]
    parrot.left.clear()
    sound = engine.speak(spoken_by("en_US-amy"))
    await anext(sound)
    began = time.monotonic()
    await sound.aclose()
    await asyncio.wait_for(parrot.left.wait(), 1)
    assert time.monotonic() - began < 0.05


async def reason_of(engine: Engine) -> str:
    """Start it; why it cannot speak."""
    assert isinstance(engine, WatchedEngine)
    await engine.start()
    try:
        async with asyncio.timeout(5):
            health = await engine.settled()
        assert health.state == "failed"
        with pytest.raises(EngineError, match=re.escape(health.reason.partition(":")[0])):
            await heard(engine)
        return health.reason
    finally:
        await engine.stop()


async def test_a_server_that_is_away_at_the_start_is_found_later(parrot: Parrot) -> None:
    await parrot.stop()
    engine = engine_at(parrot.port)
    assert isinstance(engine, WatchedEngine)
    await engine.start()
    assert "Connection refused" in engine.health.reason
    with pytest.raises(EngineError, match="Connection refused"):
        await heard(engine)
    await parrot.start()
    await until(lambda: engine.health.state == "ready")
    assert await heard(engine)
    assert [speaker.name for speaker in engine.speakers] == ["en_US-amy", "many"]
    await engine.stop()


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".local"])
async def test_a_host_that_is_no_name_is_an_engine_error(host: str) -> None:
    assert "that is no host name" in await reason_of(remote_engine("parrot", WyomingEngineSettings(host=host)))


async def test_a_server_that_was_away_speaks_when_it_is_back(engine: Engine, parrot: Parrot) -> None:
    assert isinstance(engine, WatchedEngine)
    await parrot.stop()
    with pytest.raises(EngineError):
        await heard(engine)
    assert engine.health.state == "failed"
    await parrot.start()
    await until(lambda: engine.health.state == "ready")
    assert await heard(engine)


async def test_a_further_server_speaks_where_the_first_is_away(parrot: Parrot) -> None:
    engine = engine_at(free_port(), servers=(f"127.0.0.1:{parrot.port}",))
    await engine.start()
    assert await heard(engine)
    await engine.stop()


Serve = Callable[[Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]], Awaitable[int]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    async with AsyncExitStack() as closing:

        async def serve(play: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> int:
            async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await play(reader, writer)
                writer.close()

            server = await asyncio.start_server(once, "127.0.0.1", 0)
            closing.callback(server.close)
            return int(server.sockets[0].getsockname()[1])

        yield serve


async def test_a_server_that_says_nothing_is_an_engine_error_in_time(serve: Serve) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()
        await reader.read()

    assert "within 0.3 s" in await reason_of(engine_at(await serve(silent), connect_timeout_s=0.3))


@pytest.mark.realtime
async def test_sentences_do_not_wait_for_a_server_that_takes_connections_and_hangs(serve: Serve) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()
        await reader.read()

    engine = engine_at(await serve(silent), probe_s=60.0)
    await engine.start()
    assert isinstance(engine, WatchedEngine)
    await engine.settled()
    await asyncio.sleep(0.5)
    began = time.monotonic()
    with pytest.raises(EngineError, match="did not tell what it is"):
        await heard(engine)
    assert time.monotonic() - began < 0.2
    await engine.stop()


@pytest.mark.parametrize(
    "answer",
    [
        Event("info"),
        Event("info", {"tts": None}),
        Event("info", {"tts": [5, {"name": 5, "installed": True}]}),
        Info(tts=[TtsProgram("off", US, False, None, None, [])]).event(),
    ],
)
async def test_a_server_that_cannot_speak_is_an_engine_error(serve: Serve, answer: Event) -> None:
    async def play(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await async_write_event(answer, writer)

    assert "no program that speaks" in await reason_of(engine_at(await serve(play)))
