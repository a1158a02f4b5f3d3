"""A renderer whose sound and failures are scripted by the text, and a frontend that speaks with it."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
from wyoming.client import AsyncTcpClient

from voxd.errors import EngineError, UnknownVoiceError, UnspeakableTextError
from voxd.frontends.wyoming import WyomingFrontend
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings import WyomingSettings
from voxd.wire.wyoming.patience import Patience

FORMAT = AudioFormat(22050)
VOICES = (
    Voice(VoiceId("mum"), "espeak", "f1", ("en-GB", "de"), "Mum"),
    Voice(VoiceId("dad"), "espeak", "m1", ("de",), "Papa"),
    Voice(VoiceId("espeak-fr"), "espeak", "fr", ("fr",)),
)


def pcm_of(text: str) -> bytes:
    """A sound that tells one text from every other: 10 ms for each of its characters."""
    return b"".join(ord(char).to_bytes(2, "little") * 220 for char in text)


class ScriptedRenderer:
    """Renders a chunk for each word; words in capitals are orders."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, str | None]] = []
        self.rendering = 0
        self.cancelled = asyncio.Event()
        self.begun = asyncio.Event()

    def voices(self) -> tuple[Voice, ...]:
        return VOICES

    async def render(
        self,
        text: str | AsyncIterator[str],
        *,
        voice: str | None = None,
        language: str | None = None,
        rate: float | None = None,
    ) -> AsyncGenerator[Chunk, None]:
        assert rate is None
        self.asked.append((voice, language))
        if voice is not None and voice not in [known.name for known in VOICES]:
            raise UnknownVoiceError(f"There is no voice {voice!r}")
        spoken = False
        self.rendering += 1
        try:
            async for word in _words(text):
                self.begun.set()
                yield await self._sound(word)
                spoken = True
        finally:
            self.rendering -= 1
        if not spoken:
            raise UnspeakableTextError("The text holds nothing to say")

    async def _sound(self, word: str) -> Chunk:
        match word:
            case "FAIL":
                raise EngineError("The engine broke down")
            case "BUG":
                raise ZeroDivisionError
            case "STEREO":
                return Chunk(AudioFormat(22050, 2), b"\x00\x10\x00\x30" * 22050)
            case "SILENCE":
                return Chunk(FORMAT, b"")
            case "HANG":
                try:
                    await asyncio.sleep(3600)
                finally:
                    self.cancelled.set()
        repeated, _, times = word.partition("*")
        return Chunk(FORMAT, pcm_of(repeated) * int(times or 1))


async def _words(text: str | AsyncIterator[str]) -> AsyncIterator[str]:
    if isinstance(text, str):
        for word in text.split():
            yield word
        return
    rest = ""
    async for fragment in text:
        if not fragment and rest.endswith("."):
            yield rest
            rest = ""
        *words, rest = (rest + fragment).split(" ")
        for word in words:
            if word:
                yield word
    if rest:
        yield rest


@asynccontextmanager
async def serving(frontend: WyomingFrontend) -> AsyncIterator[WyomingFrontend]:
    await frontend.start()
    run = asyncio.create_task(frontend.run())
    try:
        yield frontend
    finally:
        await frontend.stop()
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


@pytest.fixture
def beyond() -> str:
    """An address of this machine that is not loopback's: whoever connects to it comes from it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no network")
        return str(probe.getsockname()[0])


Start = Callable[..., Awaitable[WyomingFrontend]]
Connect = Callable[[WyomingFrontend], Awaitable[AsyncTcpClient]]


@pytest.fixture
async def closing() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def renderer() -> ScriptedRenderer:
    return ScriptedRenderer()


@pytest.fixture
def start(closing: AsyncExitStack, renderer: ScriptedRenderer) -> Start:
    """Starts a frontend with these settings."""

    async def start(patience: Patience | None = None, **settings: object) -> WyomingFrontend:
        chosen = WyomingSettings.model_validate({"port": 0, **settings})
        return await closing.enter_async_context(serving(WyomingFrontend(chosen, renderer, "1.2.3", patience)))

    return start


@pytest.fixture
async def frontend(start: Start) -> WyomingFrontend:
    return await start()


@pytest.fixture
def connect(closing: AsyncExitStack) -> Connect:
    """Connects the reference client, as Home Assistant does."""

    async def connect(frontend: WyomingFrontend) -> AsyncTcpClient:
        client = AsyncTcpClient("127.0.0.1", frontend.port, connect_timeout=5, read_timeout=5)
        await client.connect()
        closing.push_async_callback(_disconnect, client)
        return client

    return connect


async def _disconnect(client: AsyncTcpClient) -> None:
    with suppress(OSError):  # the server may have cut the line first
        await client.disconnect()
