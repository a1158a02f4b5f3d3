"""Where a model works: its thread, and what is done about its failures."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from voxd.engine_host.exit_codes import ExitCode
from voxd.engine_host.standing import Standing
from voxd.errors import VoxdError
from voxd.neural.faults import FaultError
from voxd.neural.worker import ModelThread
from voxd.wire.wyoming.host_events import Fault, HostState

log = logging.getLogger(__name__)

Result = TypeVar("Result")
End = Callable[[ExitCode], None]


class Room:
    """A model's thread and standing. `end` ends the process.

    `repaired` is called in the thread after the device ran out of memory: whether all is well again.
    """

    def __init__(self, name: str, end: End, repaired: Callable[[], bool]) -> None:
        self._name = name
        self._end = end
        self._repaired = repaired
        self._repairing: asyncio.Task[None] | None = None
        self.thread = ModelThread(f"model {name}", self._failed)
        self.standing = Standing()

    async def load(self, load: Callable[[Callable[[str], None]], Result]) -> Result | None:
        """What `load` gives, called in the thread with a function that tells how far it is; None if it failed."""
        loop = asyncio.get_running_loop()

        def tell(words: str) -> None:
            self.thread.pulse.beat()
            loop.call_soon_threadsafe(self.standing.set, HostState.LOADING, words)

        self.thread.start()
        try:
            return await self.thread.run(lambda: load(tell))
        except FaultError as error:
            codes = {Fault.OUT_OF_MEMORY: ExitCode.OUT_OF_MEMORY, Fault.DEVICE_LOST: ExitCode.DEVICE_LOST}
            self._fall(error, codes.get(error.fault, ExitCode.BUG))
        except VoxdError as error:
            self.standing.set(HostState.FAILED, str(error))
        return None

    def _failed(self, error: VoxdError) -> None:
        """See ModelThread: something went wrong, whether or not anybody still waits for it."""
        if not isinstance(error, FaultError) or self.standing.state is HostState.LOADING:
            return
        if error.fault is Fault.DEVICE_LOST:
            self._fall(error, ExitCode.DEVICE_LOST)
        elif error.fault is Fault.OUT_OF_MEMORY and self.standing.state is HostState.READY:
            log.warning("%s; the engine %s is repaired", error, self._name)
            self.standing.set(HostState.REPAIRING, str(error))
            self.thread.fail_sentences(FaultError(Fault.REPAIRING, f"The engine is being repaired: {error}"))
            self._repairing = asyncio.get_running_loop().create_task(self._repair(error), name="repair")

    async def _repair(self, error: FaultError) -> None:
        try:
            good = await self.thread.repair(self._repaired)
        except VoxdError as problem:
            log.warning("The repair of the engine %s failed: %s", self._name, problem)
            good = False
        if good:
            log.info("The engine %s is well again", self._name)
            self.standing.set(HostState.READY)
        else:
            self._fall(error, ExitCode.OUT_OF_MEMORY)

    def _fall(self, error: VoxdError, code: ExitCode) -> None:
        log.error("%s; the process of the engine %s ends", error, self._name)
        self.standing.set(HostState.FAILED, str(error))
        self.thread.give_up(error)
        self._end(code)
