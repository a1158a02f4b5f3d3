"""The sound of one reply, as the bytes to send."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from voxd.audio.pcm import mono
from voxd.errors import EngineError
from voxd.model.audio import Chunk
from voxd.wire.wyoming.frames import AUDIO_STOP, audio_bursts, audio_start

HELD_S = 0.08
"""Nothing is sent before so much sound (or all of it) is there: hubs keep what a failure cut short as if it
were whole, so a failure had better come first."""
_FIRST_BYTES = 8 * 1024


async def framed(sound: AsyncIterator[Chunk]) -> AsyncGenerator[bytes, None]:
    """audio-start once, all sound in its one format and mono, audio-stop; in few and large pieces.

    The first piece is small, and others get their turn after it: when many ask at once, everybody's first
    sound goes before anybody's rest. Raises what `sound` raises, and EngineError if there is none at all.
    """
    opening = await _opening(sound)
    bursts = audio_bursts(opening, _FIRST_BYTES)
    yield audio_start(opening.format) + next(bursts)
    await asyncio.sleep(0)
    for burst in bursts:
        yield burst
    async for chunk in sound:
        for burst in audio_bursts(mono(chunk)):
            yield burst
    yield AUDIO_STOP


async def _opening(sound: AsyncIterator[Chunk]) -> Chunk:
    """The first sound, held back until it is enough."""
    held: list[Chunk] = []
    held_s = 0.0
    async for chunk in sound:
        if chunk.pcm:
            held.append(chunk)
            held_s += chunk.duration_s
        if held_s >= HELD_S:
            break
    if not held:
        raise EngineError("The engine made no sound of the text")
    return mono(held[0] if len(held) == 1 else Chunk(held[0].format, b"".join(chunk.pcm for chunk in held)))
