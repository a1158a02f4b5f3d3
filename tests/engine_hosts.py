"""Engine hosts for tests: a client for whatever they say, and real processes."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from models_for_tests import sine
from wyoming.event import Event

from voxd.audio.wav import wav_bytes
from voxd.model.audio import AudioFormat, Chunk
from voxd.neural.speech_model import CLIP_RATE_HZ
from voxd.wire.wyoming.client import Client, UnixAddress, connected
from voxd.wire.wyoming.frames import frame
from voxd.wire.wyoming.host_events import (
    PAYLOAD_MAX_BYTES,
    Embed,
    Embedded,
    Health,
    HealthAsked,
    HostState,
    HostWord,
    host_event,
    word_of,
)

TIMEOUT_S = 20.0
TESTS = Path(__file__).parent
Word = TypeVar("Word", bound=HostWord)


def clip_wav(pitch_hz: float = 440.0, length_s: float = 2.0) -> bytes:
    """A reference clip: a sine."""
    samples = np.rint(sine(pitch_hz, length_s, CLIP_RATE_HZ) * 32767).astype("<i2")
    return wav_bytes(Chunk(AudioFormat(CLIP_RATE_HZ), samples.tobytes()))


@dataclass(slots=True)
class Reply:
    """What came for a synthesize: the sound so far, and the error's code and sentence if there was one."""

    pcm: bytes = b""
    rate_hz: int = 0
    code: str = ""
    text: str = ""
    types: list[str] = field(default_factory=list)


class HostClient:
    """One connection to a host."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def send(self, event: Event) -> None:
        """Send one event."""
        await self._client.send(frame(event), TIMEOUT_S)

    async def next(self) -> Event:
        """The next event; there is one."""
        event = await self._client.next(TIMEOUT_S)
        assert event is not None, "the host closed the connection"
        return event

    async def ended(self) -> bool:
        """Whether the host closes the connection now."""
        try:
            return await self._client.next(TIMEOUT_S) is None
        except OSError:
            return True

    async def ask(self, word: HostWord, kind: type[Word], payload: bytes | None = None) -> Word:
        """The answer to a word."""
        await self.send(host_event(word, payload))
        return word_of(await self.next(), kind)

    async def health(self) -> Health:
        """How the host is."""
        return await self.ask(HealthAsked(), Health)

    async def follow_until(self, *states: HostState) -> Health:
        """Follow the health until it is one of these states."""
        await self.send(host_event(HealthAsked(follow=True)))
        return await self.told(*states)

    async def told(self, *states: HostState) -> Health:
        """Go on following until it is one of these states."""
        async with asyncio.timeout(TIMEOUT_S):
            while (health := word_of(await self.next(), Health)).state not in states:
                pass
        return health

    async def embed(self, voice: str, wav: bytes, transcript: str = "") -> Embedded:
        """Have a voice known."""
        return await self.ask(Embed(voice, transcript), Embedded, wav)

    async def synthesize(self, text: str, voice: str = "", seed: int | None = None) -> Reply:
        """Everything that comes for a text."""
        await self.send(synthesize(text, voice, seed))
        return await self.reply()

    async def reply(self) -> Reply:
        """What comes for a text that was sent."""
        reply = Reply()
        while (event := await self._client.next(TIMEOUT_S)) is not None:
            reply.types.append(event.type)
            match event.type:
                case "audio-start":
                    reply.rate_hz = event.data["rate"]
                case "audio-chunk":
                    reply.pcm += event.payload or b""
                case "audio-stop":
                    return reply
                case "error":
                    reply.code, reply.text = event.data["code"], event.data["text"]
                    return reply
        reply.types.append("end")
        return reply


def synthesize(text: str, voice: str = "", seed: int | None = None) -> Event:
    """The request."""
    data: dict[str, Any] = {"text": text}
    if voice:
        data["voice"] = {"name": voice}
    if seed is not None:
        data["seed"] = seed
    return Event("synthesize", data)


@asynccontextmanager
async def client_of(socket: Path) -> AsyncIterator[HostClient]:
    """A connection to the host at that socket."""
    async with connected(UnixAddress(socket), TIMEOUT_S, PAYLOAD_MAX_BYTES) as client:
        yield HostClient(client)


class HostProcess:
    """A real `voxd engine NAME --child`, as a daemon starts it."""

    def __init__(self, folder: Path, engine: Mapping[str, Any], name: str = "sine") -> None:
        self.name = name
        self.folder = folder
        self.socket = folder / "run" / f"engine-{name}.sock"
        self.log = folder / "log"
        paths = {"state": str(folder / "state"), "cache": str(folder / "cache"), "runtime": str(folder / "run")}
        self.settings: dict[str, Any] = {"engines": {name: dict(engine)}, "paths": paths, "log": {"level": "debug"}}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The process."""
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Start it and give it its settings."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).with_name("voxd")), "engine", self.name, "--child"],
                env=os.environ | {"PYTHONPATH": str(TESTS)},
                stdin=subprocess.PIPE,
                stderr=log,
                stdout=log,
            )
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(self.settings).encode() + b"\n")
        self.process.stdin.flush()

    async def listening(self) -> None:
        """Wait until it listens."""
        async with asyncio.timeout(TIMEOUT_S):
            while not self.socket.exists():
                assert self.process.poll() is None, self.log.read_text()
                await asyncio.sleep(0.01)

    async def answering(self) -> None:
        """Wait until it answers, also where its predecessor has left a socket."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                try:
                    async with client_of(self.socket) as client:
                        await client.health()
                except OSError:
                    await asyncio.sleep(0.01)
                else:
                    return

    async def ended(self) -> int:
        """Wait for its end; its exit code."""
        return await asyncio.to_thread(self.process.wait, TIMEOUT_S)


def sine_engine(**options: Any) -> dict[str, Any]:
    """The settings of an engine that runs the SineModel."""
    return {"type": "python", "model": "models_for_tests:SineModel", "options": options}
