"""The kinds of remote engines, each with a server that behaves as that kind's, for tests that run over all of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from speech_servers.gpt_sovits_server import gpt_sovits_server
from speech_servers.openai_server import openai_server
from speech_servers.sambert_server import sambert_server
from wyoming.server import AsyncTcpServer
from wyoming_server import Sine

from voxd.audio.wav import wav_bytes
from voxd.model.audio import AudioFormat, Chunk
from voxd.settings.engines import (
    GptSovitsSettings,
    OpenAiSettings,
    RemoteEngineSettings,
    SambertSettings,
    WyomingEngineSettings,
)

Options = dict[str, object]


@dataclass(frozen=True)
class Kind:
    """How its server is run, giving its port, and what the settings of an engine with servers at some ports are.

    `streams`: sound is heard before it is whole.
    """

    name: str
    serve: Callable[[Path], AbstractAsyncContextManager[int]]
    settings: Callable[[Sequence[int], Path, Options], RemoteEngineSettings]
    is_http: bool = True
    streams: bool = True

    def __str__(self) -> str:
        return self.name


@asynccontextmanager
async def _wyoming(_: Path) -> AsyncIterator[int]:
    server = AsyncTcpServer("127.0.0.1", 0)
    await server.start(Sine)
    listening = server._server  # the library tells its port nowhere else
    assert isinstance(listening, asyncio.Server)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        await server.stop()


def _wyoming_settings(ports: Sequence[int], _: Path, options: Options) -> RemoteEngineSettings:
    further = tuple(f"127.0.0.1:{port}" for port in ports[1:])
    return WyomingEngineSettings.model_validate({"port": ports[0], "servers": further, **options})


@asynccontextmanager
async def _openai(_: Path) -> AsyncIterator[int]:
    async with openai_server("vllm-omni") as server:
        yield _port(server.url)


def _openai_settings(ports: Sequence[int], _: Path, options: Options) -> RemoteEngineSettings:
    return OpenAiSettings.model_validate({"url": [f"http://127.0.0.1:{port}/v1" for port in ports], **options})


@asynccontextmanager
async def _gpt_sovits(folder: Path) -> AsyncIterator[int]:
    sound = b"".join((8000 if frame // 20 % 2 else -8000).to_bytes(2, "little", signed=True) for frame in range(64_000))
    (folder / "clip.wav").write_bytes(wav_bytes(Chunk(AudioFormat(16_000), sound)))
    async with gpt_sovits_server() as server:
        yield _port(server.url)


def _gpt_sovits_settings(ports: Sequence[int], folder: Path, options: Options) -> RemoteEngineSettings:
    anna = {"clip": str(folder / "clip.wav"), "transcript": "Hello"}
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    return GptSovitsSettings.model_validate({"url": urls, "speakers": {"anna": anna}, **options})


@asynccontextmanager
async def _sambert(_: Path) -> AsyncIterator[int]:
    async with sambert_server() as server:
        yield _port(server.url.removesuffix("/api/tts"))


def _sambert_settings(ports: Sequence[int], _: Path, options: Options) -> RemoteEngineSettings:
    urls = [f"http://127.0.0.1:{port}/api/tts" for port in ports]
    return SambertSettings.model_validate({"url": urls, "text_max_chars": 2000, **options})


def _port(url: str) -> int:
    return int(url.removesuffix("/v1").rpartition(":")[2])


KINDS = (
    Kind("wyoming", _wyoming, _wyoming_settings, is_http=False),
    Kind("openai", _openai, _openai_settings),
    Kind("gpt_sovits", _gpt_sovits, _gpt_sovits_settings),
    Kind("sambert", _sambert, _sambert_settings, streams=False),
)
