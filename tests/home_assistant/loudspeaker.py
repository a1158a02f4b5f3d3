"""A loudspeaker that plays as long as its sound is: a satellite of voxd's, in a thread of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from satellites import FakeSatellite, Heard
from threaded_server import ThreadedServer


class Loudspeaker(ThreadedServer):
    """Listens on `port`; use it as a context manager."""

    def __init__(self) -> None:
        super().__init__("loudspeaker")
        self._there = FakeSatellite()
        self._there.port = self.port

    @property
    def heard(self) -> Heard:
        """What was heard there."""
        return self._there.heard

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[None]:
        await self._there.arrive()
        yield
        await self._there.leave()
