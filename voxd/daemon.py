"""The life of the daemon: it starts its parts, serves until a signal, drains, and stops them in reverse."""

import asyncio
import logging
import os
import signal
import termios
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Protocol

from voxd.announcing.announcer import Announcer
from voxd.announcing.progress import Progress, Step
from voxd.errors import VoxdError
from voxd.frontends.frontend import Frontend, Rereading
from voxd.lib import systemd
from voxd.lib.lasting_sockets import LastingSockets
from voxd.lib.lone import alone

log = logging.getLogger(__name__)

DRAIN_MAX_S = 30.0
HEALTH_INTERVAL_S = 5.0
SICK_INTERVAL_S = 1.0
"""What is not well may be so a moment later: a busy machine stood still."""
BEGIN_MAX_S = 60.0
"""So long disks and name servers may take at the start, engines not counted; as TimeoutStartSec= in the unit."""
STATUS_AFTER_S = 0.5
STOP_MAX_S = 5.0
START_TOLD_EVERY_S = 5.0


class Part(Protocol):
    """Whatever lives as long as the daemon."""

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """Undo start."""


class Vital(Protocol):
    """Something without which the house is not served."""

    @property
    def healthy(self) -> bool:
        """Whether its loops go on; what they look after, or are connected to, may be away."""


class Engines(Vital, Protocol):
    """What speaks; synthesis/engine_room.py."""

    def remark(self) -> str:
        """What is not as it should be, in a few words; else empty."""

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever that may have changed; what is returned ends that."""


@dataclass(frozen=True, slots=True)
class DoorChange:
    """A frontend to be replaced: `new` is None where it is no longer wanted, `old` is for the way back."""

    name: str
    new: Frontend | None
    old: Frontend | None


Replace = Callable[[DoorChange], Awaitable[None]]


class Daemon:
    """Parts, an announcer and frontends, alive together.

    `parts` are started in their order and stopped in reverse; `warm` runs after them and before READY; of what is
    wrong with the `engines` the status tells;
    `reload` takes new settings over when SIGHUP asks for it, and has doors replaced by what it is given; of their
    `sockets` those are dropped that none of them uses. systemd is told that all is well as long as frontends, journal,
    `engines` and `outputs` are.
    """

    def __init__(
        self,
        lock: Path,
        parts: Sequence[Part],
        announcer: Announcer,
        progress: Progress,
        frontends: Sequence[Frontend],
        warm: Callable[[], Awaitable[None]],
        reload: Callable[["Replace"], Awaitable[None]],
        engines: Engines,
        sockets: LastingSockets | None = None,
        outputs: Vital | None = None,
    ) -> None:
        self._lock = lock
        self._parts = parts
        self._announcer = announcer
        self._progress = progress
        self._engines = engines
        self._sockets = sockets or LastingSockets()
        self._status = ""
        self._telling: asyncio.TimerHandle | None = None
        self._frontends = {frontend.name: frontend for frontend in frontends}
        vital = {"journal": announcer, "engines": engines, "outputs": outputs}
        self._vital: dict[str, Vital] = {name: one for name, one in vital.items() if one is not None}
        self._doors = asyncio.Lock()
        self._closing = False
        self._sick: list[str] = []
        self._terminal = _terminal_is_there()
        self._warm = warm
        self._reload = reload
        self._serving: dict[str, asyncio.Task[None]] = {}
        self._stop_asked = asyncio.Event()
        self._begins_anew = False
        self.ready = asyncio.Event()

    async def run(self) -> bool:
        """Serve until SIGTERM, SIGINT or `ask_to_stop`; or until `ask_to_restart`, then it is to begin anew (True).

        Raises VoxdError where it cannot start.
        """
        async with AsyncExitStack() as opened:
            opened.enter_context(only_one(self._lock))
            opened.enter_context(self._signals())
            opened.push_async_callback(_ended, asyncio.create_task(self._feed_while_beginning(), name="beginning"))
            self._tell_status()
            opened.callback(self._engines.listen(self._tell_soon))
            for part in (*self._parts, self._announcer):
                await part.start()
                opened.push_async_callback(part.stop)
            if await self._warmed():
                async with asyncio.TaskGroup() as loops, self._loops(loops):
                    await self._stop_asked.wait()
                    await self._drain()
        return self._begins_anew

    @property
    def sick(self) -> list[str]:
        """Which parts are not well: while there are any, systemd's watchdog is not fed."""
        return [name for name, one in {**self._frontends, **self._vital}.items() if not one.healthy]

    @property
    def _ends(self) -> bool:
        """Whether it is not to begin anew: one more WATCHDOG=1 would have systemd watch the end, too."""
        return self._stop_asked.is_set() and not self._begins_anew

    async def _warmed(self) -> bool:
        """Warm up, however long that takes; False where a stop was asked for meanwhile."""
        warming = asyncio.ensure_future(self._warm())
        stopping = asyncio.create_task(self._stop_asked.wait(), name="stop")
        try:
            while not warming.done() and not stopping.done():
                systemd.more_time(2 * START_TOLD_EVERY_S)
                systemd.watchdog()
                await asyncio.wait({warming, stopping}, timeout=START_TOLD_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
            if warming.done():
                warming.result()
            return not stopping.done()
        finally:
            for one in (warming, stopping):
                one.cancel()
            await asyncio.gather(warming, stopping, return_exceptions=True)

    def ask_to_stop(self) -> None:
        """Drain and end; asked twice, end at once. One that was to begin anew ends."""
        if self._begins_anew:
            self._begins_anew = False
            systemd.stopping()
            return
        if self._stop_asked.is_set():
            log.warning("Asked to stop again; ending at once")
            os._exit(1)
        self._stop_asked.set()

    def ask_to_restart(self) -> None:
        """Drain and end, to begin anew; nothing where it ends already."""
        if not self._stop_asked.is_set():
            self._begins_anew = True
            self._stop_asked.set()

    @asynccontextmanager
    async def _loops(self, group: asyncio.TaskGroup) -> AsyncIterator[None]:
        """The frontends, the announcer and the health watch, from READY to their stop."""
        self._group = group
        loops: list[asyncio.Task[None]] = []
        with ExitStack() as listening:
            try:
                for frontend in self._frontends.values():
                    await self._open(frontend)
                self._sockets.drop_unused()
                listening.callback(self._progress.listen(self._note_step))
                loops.append(group.create_task(self._announcer.run(), name="announcer"))
                loops.append(group.create_task(self._watch_health(), name="health"))
                self.ready.set()
                self._tell_status()
                systemd.ready(self._status)
                yield
            finally:
                await self._close_all()
                for loop in loops:
                    loop.cancel()

    async def _close_all(self) -> None:
        async with self._doors:
            self._closing = True
            for frontend in reversed(tuple(self._frontends.values())):
                await self._close(frontend)

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
        if self._begins_anew:
            log.info("Asked to begin anew")
            systemd.reloading()  # STOPPING=1 would have systemd kill what begins
        else:
            systemd.stopping()
        systemd.status("Finishing the sentence")
        house = self._announcer.house_state()
        if house.playing or house.waiting:
            log.info("Finishing the sentence; %d announcements wait for the next start", house.waiting)
        try:
            async with asyncio.timeout(DRAIN_MAX_S):
                await self._announcer.drain()
        except TimeoutError:
            log.warning(
                "The sentence took longer than %.0f s to end; it is spoken again after the restart", DRAIN_MAX_S
            )

    async def _feed_while_beginning(self) -> None:
        """Keep systemd's watchdog waiting until READY, but not for ever: it watches where voxd begins anew, too."""
        interval_s = _look_every_s()
        for _ in range(round(BEGIN_MAX_S / interval_s)):
            if self.ready.is_set():
                return
            systemd.watchdog()
            await asyncio.sleep(interval_s)

    async def _watch_health(self) -> None:
        """Tell systemd that all is well, as long as it is; silence makes systemd restart us."""
        interval_s = _look_every_s()
        while True:
            await asyncio.sleep(min(interval_s, SICK_INTERVAL_S) if self._sick else interval_s)
            sick = self.sick
            if not sick and not self._ends:
                systemd.watchdog()
            if sick != self._sick:
                self._sick = sick
                log.log(
                    logging.ERROR if sick else logging.INFO, "Not healthy: %s", ", ".join(sick) or "nothing any more"
                )

    def _note_step(self, _: Step) -> None:
        self._tell_soon()

    def _tell_soon(self) -> None:
        """Have the status told soon, however much happens meanwhile."""
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(STATUS_AFTER_S, self._tell_status)

    def _tell_status(self) -> None:
        """The line of `systemctl status`, when it changes."""
        self._telling = None
        house = self._announcer.house_state()
        doing = ("Speaking" if house.playing else "Ready") if self.ready.is_set() else "Starting"
        waiting = f"{house.waiting} waiting" if house.waiting else ""
        status = ", ".join(filter(None, (doing, waiting, self._engines.remark())))
        if status != self._status:
            self._status = status
            systemd.status(status)

    async def _reload_now(self) -> None:
        """Read the configuration again; where it has mistakes, or a door cannot be opened, keep what runs."""
        async with self._doors:
            if self._closing:
                return
            systemd.reloading()  # again, where the one before has just ended
            try:
                await self._reload(self._replace)
                for frontend in self._frontends.values():
                    if isinstance(frontend, Rereading):
                        frontend.reread()
                log.info("Configuration read again")
            except VoxdError as error:
                log.error("The configuration was not taken over: %s", error)
            finally:
                self._sockets.drop_unused()
                systemd.ready(self._status)

    async def _replace(self, change: DoorChange) -> None:
        """Close a door and open the new one, or the old one again where that fails. Raises VoxdError then."""
        if (running := self._frontends.pop(change.name, None)) is not None:
            await self._close(running)
        if change.new is None:
            return
        try:
            await self._open(change.new)
            self._frontends[change.name] = change.new
        except VoxdError:
            if change.old is not None:
                await self._open(change.old)
                self._frontends[change.name] = change.old
            raise

    def _announce_reload(self, _number: int, _frame: FrameType | None) -> None:
        """Have `systemctl reload` wait: said between two steps of the interpreter, whatever the loop is busy with."""
        if self.ready.is_set() and not self._stop_asked.is_set() and not self._terminal:
            systemd.reloading()

    def _on_hangup(self) -> None:
        """Reload; but when it is our terminal that hung up, there is nobody left to serve in the foreground."""
        if self._terminal and not _terminal_is_there():
            self.ask_to_stop()
        elif self.ready.is_set():
            self._group.create_task(self._reload_now(), name="reload")

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        actions = {
            signal.SIGTERM: self.ask_to_stop,
            signal.SIGINT: self.ask_to_stop,
            signal.SIGHUP: self._on_hangup,
        }
        for number, action in actions.items():
            loop.add_signal_handler(number, action)
        signal.signal(signal.SIGHUP, self._announce_reload)  # the loop is told all the same, by its wakeup descriptor
        try:
            yield
        finally:
            for number in actions:
                loop.remove_signal_handler(number)


def _look_every_s() -> float:
    """Several times before systemd's patience is over."""
    return min(systemd.watchdog_interval_s() or HEALTH_INTERVAL_S, HEALTH_INTERVAL_S)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold the lock of the state folder. Raises VoxdError where another daemon holds it."""
    with ExitStack() as held:
        try:
            held.enter_context(alone(lock))
        except BlockingIOError as error:
            raise VoxdError(f"Another voxd uses {lock.parent}; stop it first, or set paths.state") from error
        except OSError as error:
            raise VoxdError(f"The folder {lock.parent} cannot be used: {error.strerror}") from error
        yield


def _terminal_is_there() -> bool:
    """Whether standard input is a terminal that has not hung up."""
    try:
        termios.tcgetattr(0)
    except termios.error:
        return False
    return True
