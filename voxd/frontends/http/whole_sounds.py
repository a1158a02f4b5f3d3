"""Renderings that are answered whole: their length is known, and a failure is a status and no broken sound."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from voxd.audio.resample import resampled
from voxd.audio.wav import header
from voxd.errors import BusyError
from voxd.frontends.house import Renderer
from voxd.frontends.http.refusal import RefusedError
from voxd.frontends.payloads import RenderingWish
from voxd.model.audio import AudioFormat, Chunk

AT_ONCE = 16
BYTES_MAX = 32 * 1024 * 1024
"""Of samples: twelve minutes at 22,050 Hz. Longer texts are for those who take the sound while it is made."""


@dataclass(frozen=True, slots=True)
class WholeSound:
    """A sound of one format, and how many seconds it took to make it."""

    format: AudioFormat
    pcm: bytes
    latency_s: float

    @property
    def duration_s(self) -> float:
        """How long it is heard."""
        return len(self.pcm) / self.format.bytes_per_s

    @property
    def wav(self) -> bytes:
        """As a file."""
        return header(self.format, len(self.pcm)) + self.pcm


class WholeSounds:
    """Makes a few at once, each held in memory."""

    def __init__(self, renderer: Renderer, at_once: int = AT_ONCE, bytes_max: int = BYTES_MAX) -> None:
        self._renderer = renderer
        self._free = at_once
        self._bytes_max = bytes_max

    async def make(self, wish: RenderingWish, rate_hz: int | None = None) -> WholeSound:
        """The sound of a text, at that rate where one is given. Raises VoxdError, and RefusedError where too long."""
        if not self._free:
            raise BusyError("Too many sounds are being made at once; try again later")
        self._free -= 1
        try:
            return await self._made(wish, rate_hz)
        finally:
            self._free += 1

    async def _made(self, wish: RenderingWish, rate_hz: int | None) -> WholeSound:
        began = time.monotonic()
        sound = self._renderer.render(wish.text, voice=wish.voice, language=wish.language, rate=wish.rate)
        async with aclosing(sound), aclosing(at_rate(sound, rate_hz)) as chunks:
            pcm, format_ = bytearray(), AudioFormat(0)
            async for chunk in chunks:
                pcm += chunk.pcm
                format_ = chunk.format
                if len(pcm) > self._bytes_max:
                    raise RefusedError(413, f"The sound of this text is longer than {self._bytes_max} bytes; split it")
                await asyncio.sleep(0)  # a sound that is there already must not hold up the house
        return WholeSound(format_, bytes(pcm), time.monotonic() - began)


async def at_rate(sound: AsyncIterator[Chunk], rate_hz: int | None) -> AsyncGenerator[Chunk, None]:
    """The sound at a sample rate, as it is where none is given. The caller closes `sound`."""
    first = await anext(sound)
    if rate_hz is None or rate_hz == first.format.rate_hz:
        yield first
        async for chunk in sound:
            yield chunk
        return
    wanted = AudioFormat(rate_hz, first.format.channels)
    async with aclosing(_from(first, sound)) as whole, aclosing(resampled(whole, wanted)) as converted:
        async for chunk in converted:
            yield chunk


async def _from(first: Chunk, rest: AsyncIterator[Chunk]) -> AsyncGenerator[Chunk, None]:
    yield first
    async for chunk in rest:
        yield chunk
