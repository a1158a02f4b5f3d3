"""The sound on its way to a device: what was collected, what was sent, what was heard."""

import asyncio
from collections.abc import AsyncIterator

from voxd.model.audio import AudioFormat, Chunk

AHEAD_S = 2.0
SLICE_S = 0.25


class Reel:
    """Keeps every frame until it was heard, so that another child can go on from there.

    It takes in no more while AHEAD_S of sound were not heard yet. `news` is set when it has more to give.
    """

    def __init__(self, format: AudioFormat) -> None:  # noqa: A002 - the word of the model
        self.format = format
        self.news = asyncio.Event()
        self.complete = False
        self._room = asyncio.Event()
        self._unheard = bytearray()
        self._heard_bytes = 0
        self._sent_bytes = 0

    async def collect(self, sound: AsyncIterator[Chunk]) -> None:
        """Take in a sound, of this reel's format, to its end; what it raises is raised after its last frame."""
        try:
            async for chunk in sound:
                await self._until_room()
                self._unheard += chunk.pcm
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

    def next_slice(self) -> bytes:
        """The next piece to send; empty if there is none, or if enough is on its way."""
        start = self._sent_bytes - self._heard_bytes
        if start >= self._bytes(AHEAD_S):
            return b""
        pcm = bytes(self._unheard[start : start + self._bytes(SLICE_S)])
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

    async def _until_room(self) -> None:
        while len(self._unheard) >= self._bytes(AHEAD_S):
            self._room.clear()
            await self._room.wait()

    def _bytes(self, duration_s: float) -> int:
        return int(duration_s * self.format.rate_hz) * self.format.frame_bytes
