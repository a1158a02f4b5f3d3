"""A server of a test's in a thread and a loop of its own, whatever the test does meanwhile."""

import asyncio
import threading
from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from typing import Self

from brokers import free_port

STOP_S = 5.0


class ThreadedServer(ABC):
    """Serves on `port`; use it as a context manager."""

    def __init__(self, name: str) -> None:
        self.port = free_port()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name=name)
        self._up = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._up.wait(STOP_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(STOP_S)

    @abstractmethod
    def _serving(self) -> AbstractAsyncContextManager[None]:
        """What it is as long as it is there."""

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with self._serving():
            self._up.set()
            await self._end.wait()
