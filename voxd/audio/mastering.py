"""Mastering: the sound of a voice or a chime as it is to be heard, at its gain, below the ceiling, without clicks."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import numpy as np

from voxd.audio.fades import Edges
from voxd.audio.limiter import Limiter
from voxd.audio.pcm import samples
from voxd.audio.true_peak import Wave, amplitude_of
from voxd.model.audio import Chunk

FIRST_PIECE_S = 0.02
"""The first piece of a sound is short, so that it is heard at once; each further one is twice as long."""
PIECE_MAX_S = 0.25


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is done to a sound: its gain, the true peak that it may have, and the fade where it is abrupt."""

    gain_db: float = 0.0
    ceiling_dbtp: float = 0.0
    fade_s: float = 0.0


class Mastering:
    """Of one sound in one format; rounded once, at the end. Untouched parts come out as they went in, bit for bit."""

    def __init__(self, first: Chunk, treatment: Treatment) -> None:
        self.format = first.format
        self.treatment = treatment
        given = self.format.rate_hz, self.format.channels
        self._factor = np.float32(amplitude_of(treatment.gain_db))
        self._edges = Edges(*given, treatment.fade_s)
        self._limiter = Limiter(*given, treatment.ceiling_dbtp)

    def feed(self, chunk: Chunk) -> Chunk:
        """What can be given after this chunk; it may be empty."""
        wave: Wave = samples(chunk).astype(np.float32) * self._factor
        return self._rounded(self._limiter.feed(self._edges.feed(wave)))

    def finish(self) -> Chunk:
        """The rest."""
        last = self._limiter.feed(self._edges.finish())
        return self._rounded(np.concatenate((last, self._limiter.finish())))

    def _rounded(self, wave: Wave) -> Chunk:
        narrow = np.rint(np.clip(wave, -32768, 32767)).astype("<i2")
        return Chunk(self.format, narrow.tobytes())


async def mastered(sound: AsyncIterator[Chunk], treatment_of: Callable[[], Treatment]) -> AsyncGenerator[Chunk, None]:
    """The sound treated, in pieces that are not empty. The caller closes `sound`.

    `treatment_of` is asked for each chunk: where it, or the format, changes on the way, one sound ends and another
    begins.
    """
    mastering: Mastering | None = None
    async for chunk in sound:
        treatment = treatment_of()
        if mastering and (mastering.format, mastering.treatment) != (chunk.format, treatment):
            if (rest := mastering.finish()).pcm:
                yield rest
            mastering = None
        mastering = mastering or Mastering(chunk, treatment)
        for piece in _pieces(chunk):
            if (ready := mastering.feed(piece)).pcm:
                yield ready
    if mastering and (rest := mastering.finish()).pcm:
        yield rest


def _pieces(chunk: Chunk) -> Iterator[Chunk]:
    at, length_s = 0, FIRST_PIECE_S
    while at < len(chunk.pcm):
        size = max(1, round(length_s * chunk.format.rate_hz)) * chunk.format.frame_bytes
        yield Chunk(chunk.format, chunk.pcm[at : at + size])
        at, length_s = at + size, min(2 * length_s, PIECE_MAX_S)
