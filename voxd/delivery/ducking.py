"""The owner's commands around what is heard in a zone: the music turned down before, and up again whatever happens."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from voxd.lib.commands import run
from voxd.settings import DuckingSettings

log = logging.getLogger(__name__)

LINGER_S = 1.0
"""What begins so soon after something else finds the music still turned down."""

Quiet = Callable[[], Awaitable[None]]
"""Returns when the zone is quiet, or when nobody should wait for that any longer."""


class Ducking:
    """Runs `before` when the first sound of a zone begins and `after` when the last is over.

    Nobody waits for a command longer than `timeout_s`. The file `marker` is there as long as `after` is due: what a
    crash left undone is done at the next start.
    """

    def __init__(self, zone: str, settings: DuckingSettings, marker: Path, linger_s: float = LINGER_S) -> None:
        self._zone, self._settings, self._marker, self._linger_s = zone, settings, marker, linger_s
        self._sounds = 0
        self._ducked = False
        self._turn = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._failing: set[str] = set()

    async def start(self) -> None:
        """Do what an earlier run left undone."""
        self._stopping.clear()
        if await asyncio.to_thread(self._marker.exists):
            self._ducked = True
            self._begin(self._restore())

    async def stop(self) -> None:
        """Do at once what is still due."""
        self._stopping.set()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=3 * self._settings.timeout_s)

    @asynccontextmanager
    async def ducked(self) -> AsyncIterator[Quiet]:
        """As long as this lasts the zone is ducked; what is given tells when a sound may begin."""
        self._sounds += 1
        ducking = self._begin(self._duck())
        until = asyncio.get_running_loop().time() + self._settings.timeout_s

        async def quiet() -> None:
            await asyncio.wait((ducking,), timeout=max(0.0, until - asyncio.get_running_loop().time()))

        try:
            yield quiet
        finally:
            self._sounds -= 1
            if not self._sounds:
                self._begin(self._restore_in_a_while())

    def _begin(self, doing: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(doing, name=f"ducking {self._zone}")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _duck(self) -> None:
        async with self._turn:
            if not self._ducked:
                self._ducked = True
                await self._mark()
                await self._run(self._settings.before)

    async def _restore_in_a_while(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._linger_s):
                await self._stopping.wait()
        await self._restore()

    async def _restore(self) -> None:
        async with self._turn:
            if self._ducked and not self._sounds:
                await self._run(self._settings.after)
                self._ducked = False
                await self._unmark()

    async def _run(self, command: tuple[str, ...]) -> None:
        if not command:
            return
        problem = await run(command, self._settings.timeout_s)
        if problem and problem not in self._failing:
            log.warning("Ducking in %s failed: %s", self._zone, problem)
        self._failing = (self._failing | {problem}) if problem else set()

    async def _mark(self) -> None:
        try:
            await asyncio.to_thread(self._marker.touch)
        except OSError as error:
            log.debug("After a crash the music in %s would stay ducked: %s", self._zone, error)

    async def _unmark(self) -> None:
        with suppress(OSError):
            await asyncio.to_thread(self._marker.unlink, missing_ok=True)
