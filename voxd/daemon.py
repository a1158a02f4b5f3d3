"""The life of the daemon: it starts its parts, serves until a signal, drains, and stops them in reverse."""

import asyncio
import fcntl
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

from voxd.announcing.announcer import Announcer
from voxd.announcing.progress import Progress
from voxd.errors import VoxdError
from voxd.frontends.frontend import Frontend
from voxd.lib import systemd

log = logging.getLogger(__name__)

DRAIN_MAX_S = 30.0
HEALTH_INTERVAL_S = 5.0
STOP_MAX_S = 5.0


class Part(Protocol):
    """Whatever lives as long as the daemon."""

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """Undo start."""


class Daemon:
    """Parts, an announcer and frontends, alive together.

    `parts` are started in their order and stopped in reverse; `warm` runs after them and before READY;
    `reload` gives, when SIGHUP asks for it, what replaces running frontends by name; None: nothing does.
    """

    def __init__(
        self,
        lock: Path,
        parts: Sequence[Part],
        announcer: Announcer,
        progress: Progress,
        frontends: Sequence[Frontend],
        warm: Callable[[], Awaitable[None]],
        reload: Callable[[], Mapping[str, Frontend | None]],
    ) -> None:
        self._lock = lock
        self._parts = parts
        self._announcer = announcer
        self._progress = progress
        self._status = ""
        self._frontends = {frontend.name: frontend for frontend in frontends}
        self._warm = warm
        self._reload = reload
        self._serving: dict[str, asyncio.Task[None]] = {}
        self._stop_asked = asyncio.Event()
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Serve until SIGTERM, SIGINT or `ask_to_stop`. Raises VoxdError where it cannot start."""
        async with AsyncExitStack() as opened:
            opened.enter_context(_only_one(self._lock))
            opened.enter_context(self._signals())
            systemd.status("Starting")
            for part in (*self._parts, self._announcer):
                await part.start()
                opened.push_async_callback(part.stop)
            await self._warm()
            async with asyncio.TaskGroup() as loops, self._loops(loops):
                await self._stop_asked.wait()
                await self._drain()

    def ask_to_stop(self) -> None:
        """Drain and end; asked twice, end at once."""
        if self._stop_asked.is_set():
            log.warning("Asked to stop again; ending at once")
            os._exit(1)
        self._stop_asked.set()

    @asynccontextmanager
    async def _loops(self, group: asyncio.TaskGroup) -> AsyncIterator[None]:
        """The frontends, the announcer and the health watch, from READY to their stop."""
        loops = [
            group.create_task(self._announcer.run(), name="announcer"),
            group.create_task(self._watch_health(), name="health"),
        ]
        self._group = group
        opened = ExitStack()
        try:
            for frontend in self._frontends.values():
                await self._open(frontend)
            self._tell_status()
            systemd.ready(self._status)
            opened.callback(self._progress.listen(lambda _: self._tell_status()))
            self.ready.set()
            yield
        finally:
            opened.close()
            for frontend in reversed(tuple(self._frontends.values())):
                await self._close(frontend)
            for loop in loops:
                loop.cancel()

    async def _open(self, frontend: Frontend) -> None:
        await frontend.start()
        self._serving[frontend.name] = self._group.create_task(frontend.run(), name=f"frontend {frontend.name}")

    async def _close(self, frontend: Frontend) -> None:
        try:
            async with asyncio.timeout(STOP_MAX_S):
                await frontend.stop()
        except TimeoutError:
            log.warning("The %s frontend did not stop within %.0f s", frontend.name, STOP_MAX_S)
        if (serving := self._serving.pop(frontend.name, None)) is not None:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    async def _drain(self) -> None:
        systemd.stopping()
        systemd.status("Finishing the sentence")
        try:
            async with asyncio.timeout(DRAIN_MAX_S):
                await self._announcer.drain()
        except TimeoutError:
            log.warning(
                "The sentence took longer than %.0f s to end; it is spoken again after the restart", DRAIN_MAX_S
            )

    async def _watch_health(self) -> None:
        """Tell systemd that all is well, as long as it is; silence makes systemd restart us."""
        interval_s = systemd.watchdog_interval_s() or HEALTH_INTERVAL_S
        while True:
            await asyncio.sleep(interval_s)
            sick = [name for name, frontend in self._frontends.items() if not frontend.healthy]
            if not await self._announcer.alive():
                sick.append("journal")
            if sick:
                log.error("Not healthy: %s", ", ".join(sick))
            else:
                systemd.watchdog()

    def _tell_status(self) -> None:
        """The line of `systemctl status`, when it changes."""
        house = self._announcer.house_state()
        waiting = f", {house.waiting} waiting" if house.waiting else ""
        status = f"{'Speaking' if house.playing else 'Ready'}{waiting}"
        if status != self._status:
            self._status = status
            systemd.status(status)

    async def _reload_now(self) -> None:
        """Read the configuration again; where it has mistakes, or a door cannot be opened, keep what runs."""
        systemd.reloading()
        try:
            for name, frontend in self._reload().items():
                if (running := self._frontends.pop(name, None)) is not None:
                    await self._close(running)
                if frontend is not None:
                    await self._open(frontend)
                    self._frontends[name] = frontend
            log.info("Configuration read again")
        except VoxdError as error:
            log.error("The configuration was not taken over: %s", error)
        finally:
            systemd.ready(self._status)

    def _on_hangup(self) -> None:
        self._group.create_task(self._reload_now(), name="reload")

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        actions = {
            signal.SIGTERM: self.ask_to_stop,
            signal.SIGINT: self.ask_to_stop,
            signal.SIGHUP: lambda: self._on_hangup() if self.ready.is_set() else None,
        }
        for number, action in actions.items():
            loop.add_signal_handler(number, action)
        try:
            yield
        finally:
            for number in actions:
                loop.remove_signal_handler(number)


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Hold the lock of the state folder. Raises VoxdError where another daemon holds it."""
    try:
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = lock.open("w")
    except OSError as error:
        raise VoxdError(f"The folder {lock.parent} cannot be used: {error.strerror}") from error
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise VoxdError(f"Another voxd uses {lock.parent}; stop it first, or set paths.state") from error
        yield
