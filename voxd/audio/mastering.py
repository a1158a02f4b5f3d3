"""Mastering: the sound of a voice or a chime as it is to be heard, at its gain, below the ceiling, without clicks."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from itertools import chain

import numpy as np

from voxd.audio.fades import Edges
from voxd.audio.limiter import Limiter
from voxd.audio.mastered_clips import MasteredClips
from voxd.audio.pcm import samples
from voxd.audio.treatment import Treatment
from voxd.audio.true_peak import Wave, amplitude_of
from voxd.model.audio import AudioFormat, Chunk, Clip

FIRST_PIECE_S = 0.02
"""The first piece of a sound is short, so that it is heard at once; each further one is twice as long."""
PIECE_MAX_S = 0.25


class Mastering:
    """Of one sound in one format; rounded once, at the end. Untouched parts come out as they went in, bit for bit."""

    def __init__(self, format: AudioFormat, treatment: Treatment) -> None:  # noqa: A002 - the word of the model
        self.format = format
        self.treatment = treatment
        given = format.rate_hz, format.channels
        self._factor = np.float32(amplitude_of(treatment.gain_db))
        self._edges = Edges(*given, treatment.fade_s)
        self._limiter = Limiter(*given, treatment.ceiling_dbtp)

    def pieces(self, chunk: Chunk) -> Iterator[Chunk]:
        """What can be given after this chunk, bit by bit, so that the first of it is there at once; none is empty."""
        for piece in _cut(chunk):
            wave: Wave = samples(piece).astype(np.float32) * self._factor
            yield from self._rounded(self._limiter.feed(self._edges.feed(wave)))

    def rest(self) -> Iterator[Chunk]:
        """What is left at the end."""
        last = self._limiter.feed(self._edges.finish())
        yield from self._rounded(np.concatenate((last, self._limiter.finish())))

    def _rounded(self, wave: Wave) -> Iterator[Chunk]:
        if len(wave):
            narrow = np.rint(np.clip(wave, -32768, 32767)).astype("<i2")
            yield Chunk(self.format, narrow.tobytes())


async def mastered(
    sound: AsyncIterator[Chunk], treatment_of: Callable[[], Treatment], known: MasteredClips | None = None
) -> AsyncGenerator[Chunk, None]:
    """The sound treated, in pieces that are not empty, a known clip whole. The caller closes `sound`.

    `treatment_of` is asked for each chunk: where it, or the format, changes on the way, one sound ends and another
    begins. A clip is a sound of its own.
    """
    succession = _Succession(known or MasteredClips(0))
    async for chunk in sound:
        for piece in succession.pieces(chunk, treatment_of()):
            yield piece
    for piece in succession.rest():
        yield piece


class _Succession:
    """Sounds one after the other."""

    def __init__(self, known: MasteredClips) -> None:
        self._known = known
        self._mastering: Mastering | None = None

    def pieces(self, chunk: Chunk, treatment: Treatment) -> Iterator[Chunk]:
        """What can be given after this chunk."""
        if isinstance(chunk, Clip):
            yield from self.rest()
            yield from _whole(chunk, treatment, self._known)
            return
        mastering = self._mastering
        if mastering is None or (mastering.format, mastering.treatment) != (chunk.format, treatment):
            yield from self.rest()
            self._mastering = mastering = Mastering(chunk.format, treatment)
        yield from mastering.pieces(chunk)

    def rest(self) -> Iterator[Chunk]:
        """What is left of the sound before."""
        if self._mastering is not None:
            yield from self._mastering.rest()
            self._mastering = None


def _whole(clip: Chunk, treatment: Treatment, known: MasteredClips) -> Iterator[Chunk]:
    """A whole sound: as it is known, or in pieces, after which it is known."""
    if (ready := known.get(clip, treatment)) is not None:
        yield ready
        return
    mastering = Mastering(clip.format, treatment)
    given: list[Chunk] = []
    for piece in chain(mastering.pieces(clip), mastering.rest()):
        given.append(piece)
        yield piece
    known.put(clip, treatment, Clip(clip.format, b"".join(piece.pcm for piece in given)))


def _cut(chunk: Chunk) -> Iterator[Chunk]:
    at, length_s = 0, FIRST_PIECE_S
    while at < len(chunk.pcm):
        size = max(1, round(length_s * chunk.format.rate_hz)) * chunk.format.frame_bytes
        yield Chunk(chunk.format, chunk.pcm[at : at + size])
        at, length_s = at + size, min(2 * length_s, PIECE_MAX_S)
