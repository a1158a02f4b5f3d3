"""The programme of an announcement: all that is heard of it in one zone, as one stream of sound."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from voxd.announcing.take import Take
from voxd.announcing.takes import Takes
from voxd.model.audio import Chunk


class Follower(Protocol):
    """Who follows a programme in one zone."""

    def sounding(self, take: Take) -> None:
        """A piece of this take is given next."""

    def sentence_over(self) -> bool:
        """A sentence was given whole; whether the next one is wanted."""


class Programme:
    """The sentences of an announcement, from one of them on. Any number of zones may hear it, each at its own pace."""

    def __init__(self, takes: Takes, first: int = 0) -> None:
        self._takes = takes
        self._first = first

    async def sound(self, follower: Follower) -> AsyncGenerator[Chunk, None]:
        """What is heard in one zone. Raises EngineError or BusyError where nobody can speak."""
        async with aclosing(self._takes.each(self._first)) as each:
            async for take in each:
                async with aclosing(take.chunks()) as chunks:
                    async for chunk in chunks:
                        follower.sounding(take)
                        yield chunk
                if not follower.sentence_over():
                    return
