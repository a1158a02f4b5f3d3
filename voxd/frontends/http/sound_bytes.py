"""A sound as the bytes that a client asked for, while it is made."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from voxd.audio.resample import resampled
from voxd.audio.wav import MAX_DATA_BYTES, header
from voxd.frontends.http.encoders import Encoders
from voxd.frontends.http.sound_formats import PCM_RATE_HZ, SoundFormat
from voxd.frontends.opening import opened
from voxd.model.audio import AudioFormat, Chunk


class SoundBytes:
    """Turns sounds into bytes, each by who can: the samples as they are, or an encoder."""

    def __init__(self, encoders: Encoders) -> None:
        self._encoders = encoders

    async def of(
        self, sound: AsyncGenerator[Chunk, None], wanted: SoundFormat, rate_hz: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The sound, mono, in that format and at that rate, in pieces that are not empty.

        Where no rate is given, PCM has OpenAI's and everything else the voice's own. Raises what `sound` raises, before
        the first piece wherever that is possible. Closes `sound`.
        """
        if wanted.name == "pcm":
            rate_hz = rate_hz or PCM_RATE_HZ
        async with aclosing(sound), aclosing(prepared(sound, rate_hz)) as chunks:
            made = self._encoders.encoded(chunks, wanted) if wanted.is_encoded else _plain(chunks, wanted.name == "wav")
            async with aclosing(made) as pieces:
                async for piece in pieces:
                    if piece:
                        yield piece
                    await asyncio.sleep(0)  # a sound that is there already must not hold up the house


async def prepared(sound: AsyncIterator[Chunk], rate_hz: int | None) -> AsyncGenerator[Chunk, None]:
    """The sound, mono, at that rate where one is given, with its opening as the first chunk. The caller closes it."""
    at_rate = resampled(sound, AudioFormat(rate_hz) if rate_hz else None)
    async with aclosing(at_rate), aclosing(opened(at_rate)) as chunks:
        async for chunk in chunks:
            yield chunk


async def _plain(sound: AsyncGenerator[Chunk, None], has_head: bool) -> AsyncGenerator[bytes, None]:
    """The samples; before them the head of a WAV whose length nobody knows yet, where one is wanted."""
    async for chunk in sound:
        head = header(chunk.format, MAX_DATA_BYTES) if has_head else b""
        has_head = False
        yield head + chunk.pcm
