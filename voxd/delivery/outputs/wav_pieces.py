"""A sound as pieces for a server that plays one WAV file after the other: cut where it is silent, or quiet."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import numpy as np

from voxd.audio.pcm import samples
from voxd.audio.resample import resampled
from voxd.model.audio import Chunk, Seam

PIECE_MAX_S = 6.0
"""A server that has begun a piece plays it to its end, so that nothing longer can get in the way of an alarm."""
LOOK_BACK_S = 1.0
QUIET_S = 0.02


async def wav_pieces(sound: AsyncIterator[Chunk], bytes_max: int | None) -> AsyncGenerator[Chunk, None]:
    """The sound in the format of its first chunk, whole sentences where they are short enough.

    No piece has more PCM than PIECE_MAX_S or `bytes_max`. The silence between two sentences is left out: the server
    makes one by itself when it begins the next file. The caller closes `sound`.
    """
    whole: Chunk | None = None
    async with aclosing(resampled(sound)) as fit:
        async for chunk in fit:
            if whole and isinstance(chunk, Seam):
                yield whole
                whole = None
                continue
            whole = Chunk(chunk.format, whole.pcm + chunk.pcm) if whole else chunk
            while whole.frames > (most := _frames_max(whole, bytes_max)):
                piece, whole = _cut(whole, most)
                yield piece
    if whole and whole.pcm:
        yield whole


def _frames_max(chunk: Chunk, bytes_max: int | None) -> int:
    frames = int(PIECE_MAX_S * chunk.format.rate_hz)
    return frames if bytes_max is None else max(1, min(frames, bytes_max // chunk.format.frame_bytes))


def _cut(chunk: Chunk, most: int) -> tuple[Chunk, Chunk]:
    """Two parts of it, the first of `most` frames or less: it ends where its last second is quietest."""
    quiet = max(1, int(QUIET_S * chunk.format.rate_hz))
    windows = min(most, int(LOOK_BACK_S * chunk.format.rate_hz)) // quiet
    at = most
    if windows > 1:
        last = samples(chunk)[most - windows * quiet : most].astype(np.float32)
        loudness = (last**2).reshape(windows, -1).mean(axis=1)
        at = most - (windows - int(loudness.argmin())) * quiet + quiet // 2
    size = at * chunk.format.frame_bytes
    return Chunk(chunk.format, chunk.pcm[:size]), Chunk(chunk.format, chunk.pcm[size:])
