"""The life of an engine host, as seen by the daemon: begun, followed, ended when it hangs, and begun again."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from functools import partial

from voxd.errors import ProtocolError
from voxd.lib.backoff import Backoff
from voxd.lib.steps import Steps
from voxd.settings.engines import HostSettings
from voxd.synthesis.engines.host_call import CONNECT_TIMEOUT_S, listens
from voxd.synthesis.engines.host_process import HostPlace, HostProcess, host_process, how_it_ended
from voxd.wire.wyoming.client import Client, UnixAddress, connected
from voxd.wire.wyoming.frames import frame
from voxd.wire.wyoming.host_events import PAYLOAD_MAX_BYTES, Health, HealthAsked, HostState, host_event, word_of
from voxd.wire.wyoming.reader import LateError
from voxd.wire.wyoming.requests import Event

log = logging.getLogger(__name__)

SILENT_MAX_S = 10.0
"""A host tells how it is every second; after so long without a word its loop hangs."""
SILENT_LOADING_MAX_S = 60.0
"""Libraries hold Python up while they are loaded."""
TIRED_AFTER = 3
"""So many lives in a row in which a host never was ready are a failure; it is tried again all the same."""
WELL_AFTER_S = 60.0
LEAVES_WITHIN_S = 2.0
_UNSETTLED = (HostState.LOADING, HostState.REPAIRING)


class HostLife:
    """Sees to it that there is a host: a child of ours, or a unit of its own that we look out for.

    `note` is told how it is: at least every second while it lives, and when it is gone. `met` is called at each new
    connection, before that. `patience_s` says how long the model may be busy without a sign of life.
    """

    def __init__(
        self,
        name: str,
        settings: HostSettings,
        place: HostPlace,
        note: Callable[[Health], None],
        met: Callable[[], None],
        patience_s: Callable[[], float],
    ) -> None:
        self._name = name
        self._is_child = settings.process == "child"
        self._load_timeout_s = settings.load_timeout_s
        self._place = place
        self._note, self._met, self._patience_s = note, met, patience_s
        self._again = Backoff(0.5, 60.0) if self._is_child else Backoff(0.2, 2.0)
        self._after_failure = Backoff(10.0, 300.0)
        self._barren_lives = 0
        self._ready_at: float | None = None
        self._last = Health(HostState.WAITING)
        self._hung = ""
        self._kill: Callable[[], None] = _nothing
        self._steps = Steps()

    @property
    def goes_on(self) -> bool:
        """Whether `run` does what it should in time; there may be no host."""
        return not self._steps.late

    async def run(self) -> None:
        """Until cancelled; a child of ours is ended then."""
        while True:
            self._hung, self._ready_at, self._last = "", None, Health(HostState.WAITING)
            self._steps.within(self._load_timeout_s)
            end = await self._lived()
            self._kill = _nothing
            self._note(end)
            pause_s = self._pause_s(end)
            self._steps.within(pause_s)
            await asyncio.sleep(pause_s)

    def end(self, reason: str) -> None:
        """The host hangs: kill it, where we may; it is begun again."""
        self._hung = reason
        self._kill()

    async def _lived(self) -> Health:
        """One life of the host; gives how it is after that."""
        try:
            async with self._begun() as process:
                try:
                    return await self._follow(process)
                except (ProtocolError, OSError) as error:
                    return await self._ended(process, error)
        except OSError as error:
            return Health(HostState.FAILED, f"Its process cannot be started: {error.strerror or error}")

    def _begun(self) -> AbstractAsyncContextManager[HostProcess | None]:
        if not self._is_child:
            return nullcontext()
        self._tell(Health(HostState.LOADING, "its process starts"))
        return host_process(self._place)

    async def _follow(self, process: HostProcess | None) -> Health:
        """Be told how it is, until it has failed for good. Raises ProtocolError and OSError at its end."""
        unsettled_since = _now()
        address = UnixAddress(self._place.socket)
        if process is not None:
            await listens(process, address, self._load_timeout_s)
        async with connected(address, CONNECT_TIMEOUT_S, PAYLOAD_MAX_BYTES) as client:
            self._kill = process.kill if process is not None else partial(_kill_if_allowed, client.peer_pid)
            await client.send(frame(host_event(HealthAsked(follow=True))), CONNECT_TIMEOUT_S)
            self._met()
            while (event := await self._next(client)) is not None:
                health = word_of(event, Health)
                if health.state not in _UNSETTLED:
                    unsettled_since = _now()
                self._judge(health, _now() - unsettled_since)
                if health.state is HostState.FAILED and process is not None:
                    return await self._given_up(process, health)
                self._tell(health)
        raise ConnectionError("it closed the connection")

    async def _next(self, client: Client) -> Event | None:
        self._steps.within(self._silent_max_s)
        return await client.next(self._silent_max_s)

    async def _given_up(self, process: HostProcess, health: Health) -> Health:
        """What its failure means: it ends, to be begun again at once; or it stays, and its owner has to act."""
        self._tell(replace(health, state=HostState.REPAIRING))
        if await process.exit_code(LEAVES_WITHIN_S) is not None:
            raise ConnectionError("it ended itself")
        self._last = health
        return health

    @property
    def _silent_max_s(self) -> float:
        return SILENT_MAX_S if self._last.state is HostState.READY else SILENT_LOADING_MAX_S

    def _judge(self, health: Health, unsettled_s: float) -> None:
        """Raises LateError where the model takes too long."""
        if unsettled_s > self._load_timeout_s:
            raise LateError(f"its model was not loaded within {self._load_timeout_s:g} s")
        if health.state is HostState.READY and health.busy_s > self._patience_s():
            raise LateError(f"its model gave no sign of life for {health.busy_s:.0f} s")

    def _tell(self, health: Health) -> None:
        self._last = health
        if health.state is HostState.READY and self._ready_at is None:
            self._ready_at = _now()
            self._barren_lives = 0
        self._note(health)

    async def _ended(self, process: HostProcess | None, error: ProtocolError | OSError) -> Health:
        """How it is after an end that nobody asked for; whatever still lives of a child is not kept."""
        if isinstance(error, LateError):
            self.end(str(error))
        if process is None:
            reason = f"It hung: {self._hung}" if self._hung else f"Nobody answers on {self._place.socket}"
            return Health(HostState.WAITING, reason)
        reason = await self._reason(process, error)
        process.kill()
        if self._ready_at is None:
            self._barren_lives += 1
        tired = self._barren_lives >= TIRED_AFTER
        return Health(HostState.FAILED if tired else HostState.REPAIRING, reason)

    async def _reason(self, process: HostProcess, error: ProtocolError | OSError) -> str:
        """Why it ended: what we say of it, what it said itself, or what its exit code tells."""
        if self._hung:
            return f"It hung: {self._hung}"
        if isinstance(error, ProtocolError):
            return f"It does not keep to the protocol: {error}"
        said = self._last.reason if self._last.state is HostState.REPAIRING else ""
        return said or how_it_ended(await process.exit_code(LEAVES_WITHIN_S))

    def _pause_s(self, end: Health) -> float:
        """How long to wait before the next life; what the host itself calls a failure needs its owner, not haste."""
        if self._ready_at is not None and _now() - self._ready_at > WELL_AFTER_S:
            self._again.reset()
            self._after_failure.reset()
        failed = end.state is HostState.FAILED and end is self._last
        return self._after_failure.next_s() if failed else self._again.next_s()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _kill_if_allowed(pid: int | None) -> None:
    """End the process of somebody else's unit, which starts it again."""
    if pid is None or pid in (1, os.getpid()):
        return
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError:
        log.warning("The engine host %d hangs, and voxd may not end it; restart its unit", pid)


def _nothing() -> None:
    """There is no host."""
