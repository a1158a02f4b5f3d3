"""The beginning of a sound: so much of it that a failure comes before it rather than behind it."""

from collections.abc import AsyncGenerator, AsyncIterator

from voxd.audio.pcm import mono
from voxd.errors import EngineError
from voxd.model.audio import Chunk

HELD_S = 0.08
"""Nothing is sent before so much sound (or all of it) is there: hubs keep what a failure cut short as if it
were whole, so a failure had better come first."""


async def opening(sound: AsyncIterator[Chunk]) -> Chunk:
    """The first sound, held back until it is enough, and mono. Raises what `sound` raises, EngineError for none."""
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


async def opened(sound: AsyncIterator[Chunk]) -> AsyncGenerator[Chunk, None]:
    """The sound, mono, with its opening as the first chunk. The caller closes `sound`."""
    yield await opening(sound)
    async for chunk in sound:
        yield mono(chunk)
