"""Sound sent as fast as it is heard, so that whoever plays it can be silenced soon."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import numpy as np

from voxd.audio.pcm import samples
from voxd.audio.resample import resampled
from voxd.model.audio import AudioFormat, Chunk

AHEAD_S = 0.5
"""So much is sent before it can be heard: the network may stop so long unnoticed; what is cancelled goes on so long."""
PIECE_S = 0.1
FALL_S = 0.005
FALL_TIMEOUT_S = 0.2
"""So long what is broken off may still take."""


class Pace:
    """Reckons when what was sent will have been heard, if it is played without delay."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over_at = self._loop.time()

    @property
    def unheard_s(self) -> float:
        """How many seconds of what was sent cannot have been heard yet."""
        return max(0.0, self._over_at - self._loop.time())

    async def step(self, duration_s: float) -> None:
        """Wait until so much more may be sent."""
        if (early_s := self.unheard_s + duration_s - AHEAD_S) > 0:
            await asyncio.sleep(early_s)
        self._over_at = max(self._over_at, self._loop.time()) + duration_s


async def paced(sound: AsyncIterator[Chunk], wanted: AudioFormat, pace: Pace) -> AsyncGenerator[Chunk, None]:
    """The sound in one format, in small pieces, each when its time has come. The caller closes `sound`."""
    async with aclosing(resampled(sound, wanted)) as fit:
        async for chunk in fit:
            for piece in small_pieces(chunk):
                await pace.step(piece.duration_s)
                yield piece


def small_pieces(chunk: Chunk) -> list[Chunk]:
    """The chunk cut into pieces of at most PIECE_S."""
    size = int(chunk.format.rate_hz * PIECE_S) * chunk.format.frame_bytes
    return [Chunk(chunk.format, chunk.pcm[at : at + size]) for at in range(0, len(chunk.pcm), size)]


def fall(last: Chunk) -> Chunk:
    """From the last frame of what was sent down to silence: what is broken off must not click."""
    down = np.linspace(1.0, 0.0, max(1, round(FALL_S * last.format.rate_hz)))[:, np.newaxis]
    return Chunk(last.format, np.rint(samples(last)[-1:] * down).astype("<i2").tobytes())
