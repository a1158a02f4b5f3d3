"""What every engine promises (voxd.synthesis.engine.Engine). A further engine is one line in ENGINES."""

import asyncio
import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from statistics import median

import pytest
from engine_hosts import HostProcess
from engines_for_tests import SineEngine
from piper_voices import write_voice
from processes import children
from sounds import tone
from speech_servers.gpt_sovits_server import gpt_sovits_server
from speech_servers.openai_server import openai_server
from speech_servers.sambert_server import sambert_server
from wyoming_server import wyoming_server

from voxd.app import engines_of
from voxd.audio.wav import wav_bytes
from voxd.errors import EngineError
from voxd.model.audio import Chunk
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings import PathSettings, Settings
from voxd.settings.engines import (
    EspeakSettings,
    FliteSettings,
    GptSovitsSettings,
    OpenAiSettings,
    PiperSettings,
    PocketSettings,
    PythonSettings,
    SambertSettings,
    WyomingEngineSettings,
)
from voxd.synthesis.engine import Engine, Sentence, WatchedEngine
from voxd.synthesis.engines.espeak import EspeakEngine
from voxd.synthesis.engines.flite import FliteEngine
from voxd.synthesis.engines.host_process import HostPlace
from voxd.synthesis.engines.hosted import HostedEngine
from voxd.synthesis.engines.remote.table import remote_engine

TESTS = Path(__file__).parent.parent
SHORT = "The washing machine in the cellar has finished."
LONG = "The quick brown fox jumps over the lazy dog while nobody in the whole house is looking. " * 20
CANCELLED_WITHIN_S = 0.05
"""At the median of a few: a busy machine may hold up anything once."""
PARKED_AT_MOST = 2
"""Processes that an engine may keep waiting for the next sentence."""


@asynccontextmanager
async def espeak() -> AsyncIterator[Engine]:
    """espeak-ng as Debian has it."""
    yield EspeakEngine("espeak", EspeakSettings())


@asynccontextmanager
async def flite() -> AsyncIterator[Engine]:
    """flite as Debian has it."""
    yield FliteEngine("flite", FliteSettings())


@asynccontextmanager
async def sine() -> AsyncIterator[Engine]:
    """The tests' own engine keeps the same promises, or what it shows of the others would be worth little."""
    engine = SineEngine()
    engine.chunk_delay_s = 0.002
    yield engine


@asynccontextmanager
async def wyoming() -> AsyncIterator[Engine]:
    """The reference library's server, a process of its own that speaks with the sine."""
    async with wyoming_server() as port:
        yield remote_engine("wyoming", WyomingEngineSettings(port=port, concurrency=4))


@asynccontextmanager
async def hosted() -> AsyncIterator[Engine]:
    """A model of the owner's own, in a real engine host."""
    options: dict[str, str | float] = {"delay_s": 0.002}
    engine = PythonSettings(model="models_for_tests:SineModel", options=options)
    with pytest.MonkeyPatch.context() as environment, tempfile.TemporaryDirectory() as folder:
        environment.setenv("PYTHONPATH", str(TESTS))
        settings = Settings(engines={"hosted": engine}, paths=PathSettings(state=Path(folder), cache=Path(folder)))
        yield engines_of(settings)["hosted"]


@asynccontextmanager
async def piper() -> AsyncIterator[Engine]:
    """A tiny voice of Piper, in a real engine host."""
    with tempfile.TemporaryDirectory() as folder:
        engine = PiperSettings(model=str(write_voice(Path(folder) / "voice")), threads=1)
        paths = PathSettings(state=Path(folder), cache=Path(folder))
        yield engines_of(Settings(engines={"piper": engine}, paths=paths))["piper"]


@asynccontextmanager
async def openai(flavour: str) -> AsyncIterator[Engine]:
    """A server with OpenAI's /v1/audio/speech, as that program has it."""
    async with openai_server(flavour) as server:
        yield remote_engine("openai", OpenAiSettings(url=(server.url,), concurrency=4))


@asynccontextmanager
async def gpt_sovits() -> AsyncIterator[Engine]:
    """A server that behaves as GPT-SoVITS's api_v2.py."""
    async with gpt_sovits_server() as server:
        with tempfile.TemporaryDirectory() as folder:
            clip = Path(folder) / "anna.wav"
            clip.write_bytes(wav_bytes(tone(4.0, 16_000)))
            chosen = {"url": server.url, "speakers": {"anna": {"clip": str(clip)}}}
            yield remote_engine("gpt_sovits", GptSovitsSettings.model_validate(chosen))


@asynccontextmanager
async def sambert() -> AsyncIterator[Engine]:
    """A small server around Sambert-HifiGAN."""
    async with sambert_server() as server:
        yield remote_engine("sambert", SambertSettings(url=(server.url,), concurrency=2))


EngineMaker = Callable[[], AbstractAsyncContextManager[Engine]]
ENGINES: dict[str, EngineMaker] = {
    "espeak": espeak,
    "flite": flite,
    "sine": sine,
    "wyoming": wyoming,
    "gpt_sovits": gpt_sovits,
    "sambert": sambert,
    "openai": partial(openai, "openai"),
    "vllm-omni": partial(openai, "vllm-omni"),
    "speaches": partial(openai, "speaches"),
    "kokoro": partial(openai, "kokoro"),
    "hosted": hosted,
    "piper": piper,
}


@pytest.fixture(scope="module")
def pocket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineMaker]:
    """A tiny model of Pocket TTS, in a real engine host."""
    folder = tmp_path_factory.mktemp("pocket")
    model = folder / "model"
    subprocess.run([sys.executable, "-m", "pocket_checkpoints", str(model), "--stops"], cwd=TESTS, check=True)
    with HostProcess(folder, {"type": "pocket", "model": str(model), "threads": 1}, "pocket") as host:

        @asynccontextmanager
        async def made() -> AsyncIterator[Engine]:
            yield HostedEngine("pocket", PocketSettings(process="unit"), HostPlace(host.socket))

        yield made


LASTING = ("pocket",)
"""Engines whose host takes seconds to begin: it is a fixture, and they find it there in each test anew."""


@pytest.fixture(scope="module", autouse=True)
def nothing_of_before_is_searched_for_garbage() -> Iterator[None]:
    """All that was imported would be looked through after each test, for a fifth of a second."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(params=[*ENGINES, *LASTING])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    """Each engine in turn, started; stopped afterwards, when nothing of it may be left."""
    make = ENGINES.get(request.param) or request.getfixturevalue(request.param)
    before = children()
    async with make() as made:
        servers = children() - before
        await start(made)
        yield made
        await made.stop()
        assert children() - before <= servers
    gc.collect()


async def start(engine: Engine) -> None:
    """Start it, and wait until it can speak."""
    await engine.start()
    if isinstance(engine, WatchedEngine):
        async with asyncio.timeout(60):
            assert (await engine.settled()).state == "ready"


def descriptors() -> int:
    """How many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def sentence(engine: Engine, text: str, rate: float = 1.0) -> Sentence:
    """A sentence for the engine's preferred speaker."""
    speaker = engine.speakers[0]
    voice = Voice(VoiceId("test"), engine.name, speaker.name, speaker.languages)
    return Sentence(text, voice, voice.language, rate)


async def spoken(engine: Engine, text: str, rate: float = 1.0) -> list[Chunk]:
    """All chunks of a sentence."""
    async with aclosing(engine.speak(sentence(engine, text, rate))) as chunks:
        return [chunk async for chunk in chunks]


async def until_first(sound: AsyncGenerator[Chunk, None]) -> Chunk:
    """The first chunk that is not empty."""
    async for chunk in sound:
        if chunk.pcm:
            return chunk
    raise AssertionError("there was no sound")


async def test_it_declares_a_fingerprint_its_concurrency_and_speakers_with_languages(engine: Engine) -> None:
    assert engine.traits.fingerprint
    assert engine.traits.concurrency >= 1
    assert engine.speakers
    assert len({speaker.name for speaker in engine.speakers}) == len(engine.speakers)
    assert all(speaker.languages and all(speaker.languages) for speaker in engine.speakers)


async def test_a_sentence_is_spoken_in_whole_frames_of_one_format(engine: Engine) -> None:
    chunks = await spoken(engine, SHORT)
    assert len({chunk.format for chunk in chunks}) == 1
    assert sum(chunk.frames for chunk in chunks) > 0
    assert all(len(chunk.pcm) % chunk.format.frame_bytes == 0 for chunk in chunks)
    assert any(any(chunk.pcm) for chunk in chunks), "it is not silence"
    assert engine.traits.rate_hz in (None, chunks[0].format.rate_hz)


async def test_it_speaks_again_after_a_stop_and_a_start(engine: Engine) -> None:
    before = engine.traits
    await engine.stop()
    await start(engine)
    assert engine.traits == before
    assert await spoken(engine, SHORT)


@pytest.mark.realtime
async def test_a_closed_sentence_ends_within_50_ms_and_leaves_no_process(engine: Engine) -> None:
    before, took_s = children(), []
    for _ in range(5):
        sound = engine.speak(sentence(engine, LONG))
        await until_first(sound)
        begun = time.perf_counter()
        await sound.aclose()
        took_s.append(time.perf_counter() - begun)
        assert len(children() - before) <= PARKED_AT_MOST
    assert median(took_s) < CANCELLED_WITHIN_S
    assert await spoken(engine, SHORT), "the next sentence is not harmed"


@pytest.mark.realtime
async def test_a_cancelled_listener_ends_the_synthesis_within_50_ms(engine: Engine) -> None:
    before, took_s = children(), []

    async def listen() -> None:
        async with aclosing(engine.speak(sentence(engine, LONG))) as sound:
            async for _ in sound:
                await asyncio.sleep(0.001)

    for delay_s in (0.0, 0.001, 0.005, 0.02):
        listening = asyncio.create_task(listen())
        await asyncio.sleep(delay_s)
        begun = time.perf_counter()
        listening.cancel()
        await asyncio.wait({listening})
        took_s.append(time.perf_counter() - begun)
        assert len(children() - before) <= PARKED_AT_MOST
    assert median(took_s) < CANCELLED_WITHIN_S


async def test_a_sentence_nobody_began_to_hear_leaves_nothing(engine: Engine) -> None:
    before = children()
    await engine.speak(sentence(engine, SHORT)).aclose()
    assert children() == before


async def test_a_slow_listener_gets_all_of_a_long_text(engine: Engine) -> None:
    quick = b"".join(chunk.pcm for chunk in await spoken(engine, LONG))
    slow = 0
    async with aclosing(engine.speak(sentence(engine, LONG))) as sound:
        async for chunk in sound:
            slow += len(chunk.pcm)
            if slow < 100_000:
                await asyncio.sleep(0.01)
    assert slow == pytest.approx(len(quick), rel=0.02)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "-v de --path=/tmp",
        "/etc/passwd; rm -rf ~ && $(id) `id` | cat > x",
        "[[h@l'oU]] <speak>one</speak> <break time='9999s'/>",
        "nul \0 bell \x07 escape \x1b[31m command \x01 \x0256s",
        "two\nlines\r\nand\ttabs",
        "half a pair \ud83d and \udc80",
        "今日は 你好 مرحبا नमस्ते 🙂",
        "e\u0301" * 300,
        "word" * 200,
    ],
    ids=lambda text: ascii(text[:20]),
)
async def test_odd_text_is_sound_or_a_clear_error_and_harms_nothing(engine: Engine, text: str) -> None:
    try:
        assert await spoken(engine, text)
    except EngineError as error:
        assert str(error)  # noqa: PT017  either outcome is allowed
    assert await spoken(engine, SHORT)


async def test_as_many_sentences_as_declared_are_spoken_at_once_without_mixing(engine: Engine) -> None:
    texts = [f"Sentence number {number}, and nothing else." * (number + 1) for number in range(4)]
    alone = [sum(chunk.frames for chunk in await spoken(engine, text)) for text in texts]
    limit = asyncio.Semaphore(engine.traits.concurrency)

    async def limited(text: str) -> int:
        async with limit:
            return sum(chunk.frames for chunk in await spoken(engine, text))

    together = await asyncio.gather(*(limited(text) for text in texts))
    assert together == pytest.approx(alone, rel=0.02)


async def test_the_rate_changes_the_speed_where_that_is_declared(engine: Engine) -> None:
    slow, quick = [
        sum(chunk.frames for chunk in await spoken(engine, SHORT, rate)) for rate in (0.5, 2.0)
    ]  # fmt: skip
    if engine.traits.changes_rate:
        assert slow > 2 * quick
    else:
        assert slow == pytest.approx(quick, rel=0.02)


async def test_an_unknown_speaker_is_an_engine_error(engine: Engine) -> None:
    voice = Voice(VoiceId("test"), engine.name, "nobody-of-that-name", ("en",))
    with pytest.raises(EngineError):
        async for _ in engine.speak(Sentence(SHORT, voice, "en")):
            pass


async def test_many_sentences_leave_no_descriptor_open(engine: Engine) -> None:
    await spoken(engine, "one")
    before = descriptors()
    for number in range(20):
        await spoken(engine, f"number {number}")
    assert descriptors() <= before
