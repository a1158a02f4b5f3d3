"""Sound at another rate, by soxr; the library is loaded only when rates differ."""

from collections.abc import AsyncGenerator, AsyncIterator

import numpy as np
from numpy.typing import NDArray

from voxd.audio.pcm import samples, with_channels
from voxd.model.audio import AudioFormat, Chunk

PIECE_S = 1.0
"""Longer chunks are worked on in pieces of this length, so that nobody waits for more than milliseconds."""


class Resampler:
    """A stream of chunks of one format, given back at another rate with the same channels.

    Whatever the pieces it is fed, the result is the same; `finish` gives what is still inside, after which
    the output has the input's length times the ratio of the rates, to a frame.
    """

    def __init__(self, source: AudioFormat, rate_hz: int) -> None:
        import soxr  # here, so that only who meets two rates pays for it

        self.source = source
        self.format = AudioFormat(rate_hz, source.channels)
        self._stream = soxr.ResampleStream(source.rate_hz, rate_hz, source.channels, dtype="float32", quality="HQ")

    def feed(self, chunk: Chunk) -> Chunk:
        """What can be given after this chunk; it may be empty."""
        return self._given(samples(chunk).astype(np.float32), last=False)

    def finish(self) -> Chunk:
        """The rest. The resampler must not be used again."""
        return self._given(np.zeros((0, self.source.channels), dtype=np.float32), last=True)

    def _given(self, wide: NDArray[np.float32], last: bool) -> Chunk:
        resampled = self._stream.resample_chunk(wide, last=last)
        narrow = np.rint(np.clip(resampled, -32768, 32767)).astype("<i2")
        return Chunk(self.format, narrow.tobytes())


async def resampled(sound: AsyncIterator[Chunk], wanted: AudioFormat | None = None) -> AsyncGenerator[Chunk, None]:
    """The sound in one format, by default that of its first chunk; chunks already in it pass unchanged.

    Its chunks last a second at most and are not empty. The caller closes `sound`.
    """
    resampler: Resampler | None = None
    async for chunk in sound:
        wanted = wanted or chunk.format
        if resampler and resampler.source.rate_hz != chunk.format.rate_hz:
            if (rest := resampler.finish()).pcm:
                yield rest
            resampler = None
        for piece in pieces(with_channels(chunk, wanted.channels)):
            if piece.format == wanted:
                yield piece
                continue
            resampler = resampler or Resampler(piece.format, wanted.rate_hz)
            if (ready := resampler.feed(piece)).pcm:
                yield ready
    if resampler and (rest := resampler.finish()).pcm:
        yield rest


def pieces(chunk: Chunk) -> list[Chunk]:
    """The chunk cut into pieces of at most PIECE_S; none if it is empty."""
    size = int(chunk.format.rate_hz * PIECE_S) * chunk.format.frame_bytes
    if 0 < len(chunk.pcm) <= size:
        return [chunk]
    return [Chunk(chunk.format, chunk.pcm[at : at + size]) for at in range(0, len(chunk.pcm), size)]
