"""The sound of one reply, as the bytes to send."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from voxd.audio.pcm import mono
from voxd.frontends.opening import opening
from voxd.model.audio import Chunk
from voxd.wire.wyoming.frames import AUDIO_STOP, audio_bursts, audio_start

_FIRST_BYTES = 8 * 1024


async def framed(sound: AsyncIterator[Chunk]) -> AsyncGenerator[bytes, None]:
    """audio-start once, all sound in its one format and mono, audio-stop; in few and large pieces.

    The first piece is small, and others get their turn after it: when many ask at once, everybody's first
    sound goes before anybody's rest. Raises what `sound` raises, and EngineError if there is none at all.
    """
    first = await opening(sound)
    bursts = audio_bursts(first, _FIRST_BYTES)
    yield audio_start(first.format) + next(bursts)
    await asyncio.sleep(0)
    for burst in bursts:
        yield burst
    async for chunk in sound:
        for burst in audio_bursts(mono(chunk)):
            yield burst
    yield AUDIO_STOP
