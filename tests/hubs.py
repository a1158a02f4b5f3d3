"""A hub that asks the daemon for sound over Wyoming, with the reference library."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from daemons import DaemonProcess
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.tts import Synthesize, SynthesizeVoice

TIMEOUT_S = 20.0


@asynccontextmanager
async def hub(daemon: DaemonProcess, timeout_s: float = TIMEOUT_S) -> AsyncIterator[AsyncTcpClient]:
    """A connection to the daemon."""
    async with asyncio.timeout(timeout_s), AsyncTcpClient("127.0.0.1", daemon.wyoming_port) as client:
        yield client


async def read(client: AsyncTcpClient) -> Event:
    """The next event; there must be one."""
    event = await client.read_event()
    assert event is not None, "the server closed the connection"
    return event


async def reply(client: AsyncTcpClient, *, until: type = AudioStop) -> tuple[set[tuple[int, int, int]], bytes]:
    """The formats (rate, width, channels) and the PCM of a reply."""
    formats: set[tuple[int, int, int]] = set()
    pcm = b""
    while True:
        event = await read(client)
        assert not Error.is_type(event.type), event.data
        if AudioStart.is_type(event.type):
            start = AudioStart.from_event(event)
            formats.add((start.rate, start.width, start.channels))
        elif AudioChunk.is_type(event.type):
            pcm += AudioChunk.from_event(event).audio
        elif until.is_type(event.type):  # type: ignore[attr-defined]  # all events have it
            return formats, pcm


async def rendered(daemon: DaemonProcess, text: str, voice: str, timeout_s: float = 60.0) -> tuple[int, bytes]:
    """The rate in Hz and the PCM of a text in a voice."""
    async with hub(daemon, timeout_s) as client:
        await client.write_event(Synthesize(text, voice=SynthesizeVoice(name=voice)).event())
        formats, pcm = await reply(client)
    ((rate_hz, width, channels),) = formats
    assert (width, channels) == (2, 1)
    return rate_hz, pcm
