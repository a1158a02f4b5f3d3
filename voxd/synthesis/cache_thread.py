"""The one thread in which the phrase cache's disk is used."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from voxd.lib.threads import in_daemon_thread
from voxd.model.audio import Clip
from voxd.synthesis.phrase_cache import PhraseCache

WRITES_MAX = 32
PATIENCE_S = 1.0
"""A disk that takes longer to find a clip is slower than an engine."""
STOP_MAX_S = 5.0
Answer = TypeVar("Answer")


class CacheThread:
    """The phrase cache as the event loop sees it; without one (None), nothing is found and nothing kept."""

    def __init__(self, cache: PhraseCache | None) -> None:
        self._cache = cache
        self._thread: ThreadPoolExecutor | None = None
        self._writes = 0
        self._writing = asyncio.Lock()

    def start(self) -> None:
        """Begin; the folder is tidied in the background."""
        if self._cache is not None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="phrase-cache")
            self._thread.submit(self._cache.sweep)

    async def stop(self) -> None:
        """End the thread; what was still asked of it is finished, unless the disk does not answer."""
        if self._thread is not None:
            thread, self._thread = self._thread, None
            with suppress(TimeoutError):
                await asyncio.wait_for(in_daemon_thread(thread.shutdown, "phrase cache end"), STOP_MAX_S)

    def holds(self, key: str) -> bool:
        """Whether the clip is most likely on disk. A look at one directory, quick enough for the event loop."""
        return self._cache is not None and self._cache.holds(key)

    async def get(self, key: str) -> Clip | None:
        """The clip of that key, if it is on disk and the disk says so in time."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._run(lambda cache: cache.get(key), None)
        except TimeoutError:
            return None

    async def put(self, key: str, clip: Clip) -> None:
        """Keep the clip on disk; not while `WRITES_MAX` others still wait for a slow one.

        One after the other, so that whoever looks for a clip, which is being waited for, waits for one of them at most.
        """
        if self._writes < WRITES_MAX:
            self._writes += 1
            try:
                async with self._writing:
                    await self._run(lambda cache: cache.put(key, clip), None)
            finally:
                self._writes -= 1

    async def remove(self, key: str) -> None:
        """Keep the clip no longer."""
        await self._run(lambda cache: cache.remove(key), None)

    async def remove_all(self, prefix: str) -> None:
        """Keep no clip whose key begins so."""
        await self._run(lambda cache: cache.remove_all(prefix), None)

    async def _run(self, work: Callable[[PhraseCache], Answer], otherwise: Answer) -> Answer:
        cache, thread = self._cache, self._thread
        if cache is None or thread is None:
            return otherwise
        return await asyncio.get_running_loop().run_in_executor(thread, work, cache)
