"""The programme of an announcement: all that is heard of it at one output, as one stream of sound."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Protocol

from voxd.announcing.speaking.act import Act
from voxd.announcing.speaking.takes import Takes
from voxd.announcing.studio.early_sound import EarlySound
from voxd.announcing.studio.mix import Mix
from voxd.announcing.studio.opening import Opening
from voxd.announcing.studio.pace import Pace
from voxd.audio.seams import PAUSE_S, Ending
from voxd.model.audio import Chunk


class Follower(Protocol):
    """Who follows a programme at one output."""

    def sounding(self, take: Act) -> None:
        """A piece of this take is given next; before chimes and silences it is not called."""

    def sentence_over(self) -> bool:
        """A sentence was given whole; whether the next one is wanted."""


class Programme:
    """The sentences of an announcement, from one of them on, after its opening. Any number of outputs may hear it.

    Each hears it at its own pace, and all hear the same. Between two sentences there is a seam, `pause_s` long but for
    the silence that the engine gave already; none where that is 0.
    """

    def __init__(
        self, takes: Takes, first: int, mix: Mix, pace: Pace, opening: Opening | None = None, pause_s: float = PAUSE_S
    ) -> None:
        self._takes = takes
        self._first = first
        self._mix = mix
        self._pace = pace
        self._opening = opening
        self._pause_s = pause_s

    async def sound(self, follower: Follower) -> AsyncGenerator[Chunk, None]:
        """What is heard at one output. Raises EngineError or BusyError where nobody can speak."""
        left = len(self._takes) - self._first
        spoken = self._begun if self._opening is None else partial(self._opened, self._opening)
        async with aclosing(self._takes.each(self._first)) as each:
            async for take in each:
                left -= 1
                ending = Ending(self._pause_s)
                async with aclosing(spoken(take, follower)) as sound:
                    async for chunk in sound:
                        yield chunk
                        ending.note(chunk)
                spoken = self._spoken
                if not follower.sentence_over():
                    return
                if left and self._pause_s:
                    yield ending.seam()

    async def _opened(self, opening: Opening, take: Act, follower: Follower) -> AsyncGenerator[Chunk, None]:
        """The first sentence after the opening, during which it is made."""
        async with aclosing(EarlySound(take.chunks())) as speech:
            async with aclosing(opening.sound(take, speech)) as before:
                async for chunk in before:
                    yield chunk
            async with aclosing(self._mixed(take, follower, speech.chunks())) as sound:
                async for chunk in sound:
                    yield chunk
            if speech.format and speech.came_after_s is not None:
                self._pace.note(take, speech.format.rate_hz, speech.came_after_s)

    async def _begun(self, take: Act, follower: Follower) -> AsyncGenerator[Chunk, None]:
        """The first sentence where nothing comes before."""
        begun, came_after_s = time.monotonic(), None
        async with aclosing(self._mixed(take, follower, take.chunks())) as sound:
            async for chunk in sound:
                if came_after_s is None:
                    came_after_s = time.monotonic() - begun
                yield chunk
        if came_after_s is not None:
            self._pace.note(take, chunk.format.rate_hz, came_after_s)

    def _spoken(self, take: Act, follower: Follower) -> AsyncGenerator[Chunk, None]:
        """A sentence."""
        return self._mixed(take, follower, take.chunks())

    async def _mixed(
        self, take: Act, follower: Follower, chunks: AsyncGenerator[Chunk, None]
    ) -> AsyncGenerator[Chunk, None]:
        async with aclosing(chunks), aclosing(self._mix.take(take, chunks)) as sound:
            async for chunk in sound:
                follower.sounding(take)
                yield chunk
