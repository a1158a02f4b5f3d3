"""The sound on its way to a device: what was collected, what was sent, what was heard."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol

from voxd.model.audio import AudioFormat, Chunk, Seam

AHEAD_S = 2.0
SLICE_S = 0.25


class Pace(Protocol):
    """What decides when a sound goes on, so that it keeps step with others."""

    def hold(self, frames: int) -> float | None:
        """The moment at which what comes after so many frames is to be heard; None as soon as may be."""

    def fitted(self, seam: Seam) -> bytes:
        """The silence to be played for a seam."""


class Reel:
    """Keeps every frame until it was heard, so that another child can go on from there.

    It takes in no more while AHEAD_S of sound were not heard yet. `news` is set when it has more to give.
    """

    def __init__(self, format: AudioFormat, pace: Pace | None = None) -> None:  # noqa: A002 - the word of the model
        self.format = format
        self._pace = pace
        self.news = asyncio.Event()
        self.complete = False
        self._room = asyncio.Event()
        self._unheard = bytearray()
        self._heard_bytes = 0
        self._sent_bytes = 0
        self._holds: deque[tuple[int, float]] = deque()

    async def collect(self, sound: AsyncIterator[Chunk]) -> None:
        """Take in a sound, of this reel's format, to its end; what it raises is raised after its last frame."""
        try:
            async for chunk in sound:
                await self._until_room()
                self._unheard += self._paced(chunk)
                self.news.set()
        finally:
            self.complete = True
            self.news.set()

    @property
    def over(self) -> bool:
        """Whether the whole sound was heard."""
        return self.complete and not self._unheard

    @property
    def heard_frames(self) -> int:
        """How many frames were heard."""
        return self._heard_bytes // self.format.frame_bytes

    def begin_at(self, moment: float) -> None:
        """Its first frame is to be heard at this moment (CLOCK_MONOTONIC, seconds); to be told before it is sent."""
        self._holds.appendleft((0, moment))

    def next_hold(self) -> float | None:
        """The moment at which the next piece is to be heard, told once; None as soon as may be."""
        moment = None
        while self._holds and self._holds[0][0] <= self._sent_bytes:
            _, moment = self._holds.popleft()
        return moment

    def next_slice(self) -> bytes:
        """The next piece to send; empty if there is none, or if enough is on its way."""
        start = self._sent_bytes - self._heard_bytes
        if start >= self._bytes(AHEAD_S):
            return b""
        size = self._bytes(SLICE_S)
        if self._holds:
            size = min(size, self._holds[0][0] - self._sent_bytes)
        pcm = bytes(self._unheard[start : start + size])
        self._sent_bytes += len(pcm)
        return pcm

    def heard(self, frames: int) -> None:
        """The device was heard up to this frame of the sound; those before are forgotten."""
        fresh = min(frames * self.format.frame_bytes, self._sent_bytes) - self._heard_bytes
        if fresh > 0:
            del self._unheard[:fresh]
            self._heard_bytes += fresh
            self._room.set()

    def rewind(self) -> None:
        """Send again from the first frame that was not heard."""
        self._sent_bytes = self._heard_bytes

    def _paced(self, chunk: Chunk) -> bytes:
        if not self._pace:
            return chunk.pcm
        if isinstance(chunk, Seam):
            return self._pace.fitted(chunk)
        collected = self._heard_bytes + len(self._unheard)
        moment = self._pace.hold(collected // self.format.frame_bytes)
        if moment is not None:
            self._holds.append((collected, moment))
        return chunk.pcm

    async def _until_room(self) -> None:
        while len(self._unheard) >= self._bytes(AHEAD_S):
            self._room.clear()
            await self._room.wait()

    def _bytes(self, duration_s: float) -> int:
        return int(duration_s * self.format.rate_hz) * self.format.frame_bytes
