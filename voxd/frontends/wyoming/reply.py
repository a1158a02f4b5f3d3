"""The sound of one reply, as the bytes to send."""

from collections.abc import AsyncGenerator, AsyncIterator

from voxd.errors import EngineError
from voxd.model.audio import Chunk
from voxd.wire.wyoming.frames import AUDIO_STOP, audio_bursts, audio_start

HELD_S = 0.1
"""Nothing is sent before so much sound (or all of it) is there: hubs keep what a failure cut short as if it
were whole, so a failure had better come first."""


async def framed(sound: AsyncIterator[Chunk]) -> AsyncGenerator[bytes, None]:
    """audio-start once, all sound in its one format, audio-stop; in few and large pieces.

    Raises what `sound` raises, and EngineError if there is no sound at all.
    """
    opening = await _opening(sound)
    yield audio_start(opening.format) + b"".join(audio_bursts(opening))
    async for chunk in sound:
        for burst in audio_bursts(chunk):
            yield burst
    yield AUDIO_STOP


async def _opening(sound: AsyncIterator[Chunk]) -> Chunk:
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
    return held[0] if len(held) == 1 else Chunk(held[0].format, b"".join(chunk.pcm for chunk in held))
