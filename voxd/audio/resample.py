"""Sound at another rate, by soxr; the library is loaded only when rates differ."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator

import numpy as np
from numpy.typing import NDArray

from voxd.audio.pcm import samples, with_channels
from voxd.model.audio import AudioFormat, Chunk, Seam

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

    Its chunks last a second at most and are not empty; seams stay seams, and whole. The caller closes `sound`.
    """
    conversion: _Conversion | None = None
    async for chunk in sound:
        conversion = conversion or _Conversion(wanted or chunk.format)
        for part in conversion.feed(chunk):
            yield part
    for part in conversion.finish() if conversion else ():
        yield part


class _Conversion:
    """To one format, from whatever comes."""

    def __init__(self, wanted: AudioFormat) -> None:
        self._wanted = wanted
        self._resampler: Resampler | None = None

    def feed(self, chunk: Chunk) -> Iterator[Chunk]:
        if self._resampler and self._resampler.source.rate_hz != chunk.format.rate_hz:
            yield from self.finish()
        if isinstance(chunk, Seam):
            yield from self._seam(chunk)
            return
        for piece in pieces(with_channels(chunk, self._wanted.channels)):
            yield from _unless_empty(piece if piece.format == self._wanted else self._resampling(piece).feed(piece))

    def finish(self) -> Iterator[Chunk]:
        resampler, self._resampler = self._resampler, None
        if resampler:
            yield from _unless_empty(resampler.finish())

    def _seam(self, seam: Seam) -> Iterator[Chunk]:
        """The seam in the wanted format, after what was still inside."""
        fit, wanted = with_channels(seam, self._wanted.channels), self._wanted
        parts = [fit] if fit.format == wanted else [self._resampling(fit).feed(fit), *self.finish()]
        pcm = b"".join(part.pcm for part in parts)
        cut = max(0, len(pcm) - round(seam.duration_s * wanted.rate_hz) * wanted.frame_bytes)
        yield from _unless_empty(Chunk(wanted, pcm[:cut]))
        yield from _unless_empty(Seam(wanted, pcm[cut:]))

    def _resampling(self, chunk: Chunk) -> Resampler:
        self._resampler = self._resampler or Resampler(chunk.format, self._wanted.rate_hz)
        return self._resampler


def _unless_empty(chunk: Chunk) -> Iterator[Chunk]:
    if chunk.pcm:
        yield chunk


def resampled_whole(chunk: Chunk, rate_hz: int) -> Chunk:
    """A whole sound at another rate; the very same at its own."""
    if chunk.format.rate_hz == rate_hz:
        return chunk
    resampler = Resampler(chunk.format, rate_hz)
    parts = [*map(resampler.feed, pieces(chunk)), resampler.finish()]
    return Chunk(resampler.format, b"".join(part.pcm for part in parts))


def pieces(chunk: Chunk) -> list[Chunk]:
    """The chunk cut into pieces of at most PIECE_S; none if it is empty."""
    size = int(chunk.format.rate_hz * PIECE_S) * chunk.format.frame_bytes
    if 0 < len(chunk.pcm) <= size:
        return [chunk]
    return [Chunk(chunk.format, chunk.pcm[at : at + size]) for at in range(0, len(chunk.pcm), size)]
