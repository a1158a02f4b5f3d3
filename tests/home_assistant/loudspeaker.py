"""A loudspeaker that plays as long as its sound is: a satellite of voxd's, in a thread of its own."""

import asyncio
import threading
from typing import Self

from brokers import free_port
from satellites import FakeSatellite, Heard

STOP_S = 5.0


class Loudspeaker:
    """Listens on `port`; use it as a context manager."""

    def __init__(self) -> None:
        self.port = free_port()
        self._there = FakeSatellite()
        self._there.port = self.port
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()), name="loudspeaker")
        self._up = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._up.wait(STOP_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(STOP_S)

    @property
    def heard(self) -> Heard:
        """What was heard there."""
        return self._there.heard

    async def _listen(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        await self._there.arrive()
        self._up.set()
        await self._end.wait()
        await self._there.leave()
