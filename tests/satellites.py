"""A Wyoming satellite for tests: the reference library's server on a real socket, with the quirks of real ones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from wyoming.audio import AudioChunk, AudioFormat, AudioStart, AudioStop
from wyoming.event import Event
from wyoming.info import Attribution, Describe, Info, Satellite, SndProgram, TtsProgram
from wyoming.server import AsyncEventHandler, AsyncTcpServer
from wyoming.snd import Played

US = Attribution("voxd tests", "")


@dataclass
class Quirks:
    """How a satellite differs from what one expects.

    `played_after_s` None: never says it; `kind` satellite, snd or tts; `dies_after_bytes`, `wedged_after_bytes` of
    sound; `mute`: answers nothing at all; `taken`: another server uses it; `lag_s`: takes so long for each event.
    """

    played_after_s: float | None = 0.0
    kind: str = "satellite"
    rate_hz: int = 22_050
    dies_after_bytes: int | None = None
    wedged_after_bytes: int | None = None
    mute: bool = False
    taken: bool = False
    lag_s: float = 0.0


@dataclass
class Heard:
    """What came to a satellite, over all connections."""

    pcm: bytearray = field(default_factory=bytearray)
    arrived_at: list[tuple[float, int]] = field(default_factory=list)
    formats: list[tuple[int, int, int]] = field(default_factory=list)
    stops: int = 0
    open: int = 0


class FakeSatellite:
    """Listens on `port` as long as it is there; `heard` is what it was given."""

    def __init__(self, quirks: Quirks | None = None) -> None:
        self.quirks = quirks or Quirks()
        self.heard = Heard()
        self.port = 0
        self._server: AsyncTcpServer | None = None

    async def arrive(self) -> None:
        """Listen, on the same port as before."""
        self._server = AsyncTcpServer("127.0.0.1", self.port)
        await self._server.start(partial(_Handler, self))
        listening = self._server._server
        assert isinstance(listening, asyncio.Server)
        self.port = listening.sockets[0].getsockname()[1]

    async def leave(self) -> None:
        """Listen no more, and drop every connection."""
        assert self._server
        await self._server.stop()


@asynccontextmanager
async def satellite(quirks: Quirks | None = None) -> AsyncIterator[FakeSatellite]:
    """One that listens."""
    there = FakeSatellite(quirks)
    await there.arrive()
    try:
        yield there
    finally:
        await there.leave()


class _Handler(AsyncEventHandler):
    """One connection."""

    def __init__(self, satellite: FakeSatellite, *streams: Any) -> None:
        super().__init__(*streams)
        self._quirks, self._heard = satellite.quirks, satellite.heard
        self._heard.open += 1

    async def handle_event(self, event: Event) -> bool:
        """Answer as wyoming-satellite does; False ends the connection."""
        await asyncio.sleep(self._quirks.lag_s)
        if self._quirks.mute:
            return True
        if Describe.is_type(event.type):
            await self.write_event(_info(self._quirks))
            return True
        if self._quirks.taken:
            return False
        return await self._play(event)

    async def disconnect(self) -> None:
        """Note that it is over."""
        self._heard.open -= 1

    async def _play(self, event: Event) -> bool:
        if AudioStart.is_type(event.type):
            begun = AudioStart.from_event(event)
            self._heard.formats.append((begun.rate, begun.width, begun.channels))
        elif AudioChunk.is_type(event.type):
            self._heard.pcm += AudioChunk.from_event(event).audio
            self._heard.arrived_at.append((asyncio.get_running_loop().time(), len(self._heard.pcm)))
            return await self._goes_on()
        elif AudioStop.is_type(event.type):
            self._heard.stops += 1
            if self._quirks.played_after_s is not None:
                await asyncio.sleep(self._quirks.played_after_s)
                await self.write_event(Played().event())
        return True

    async def _goes_on(self) -> bool:
        quirks, length = self._quirks, len(self._heard.pcm)
        if quirks.wedged_after_bytes is not None and length >= quirks.wedged_after_bytes:
            await asyncio.sleep(3600)
        return quirks.dies_after_bytes is None or length < quirks.dies_after_bytes


def _info(quirks: Quirks) -> Event:
    named: dict[str, Any] = {
        "name": "kitchen",
        "attribution": US,
        "installed": True,
        "description": None,
        "version": "1",
    }
    match quirks.kind:
        case "snd":
            return Info(snd=[SndProgram(**named, snd_format=AudioFormat(quirks.rate_hz, 2, 1))]).event()
        case "tts":
            return Info(tts=[TtsProgram(**named, voices=[])]).event()
    return Info(satellite=Satellite(**named)).event()
