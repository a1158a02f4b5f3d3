"""Where a host stands, for all who want to know at once when that changes."""

import asyncio

from voxd.neural.faults import FaultError
from voxd.wire.wyoming.host_events import Fault, HostState

_FAULTS = {HostState.LOADING: Fault.LOADING, HostState.REPAIRING: Fault.REPAIRING}


class Standing:
    """A state and its reason, in a sentence or a few words. At first: loading."""

    def __init__(self) -> None:
        self.state = HostState.LOADING
        self.reason = ""
        self._changed = asyncio.Event()

    def set(self, state: HostState, reason: str = "") -> None:
        """Tell everybody."""
        if (state, reason) != (self.state, self.reason):
            self.state, self.reason = state, reason
            self._changed.set()
            self._changed = asyncio.Event()

    async def changed(self, within_s: float) -> None:
        """Wait for the next change, but not longer than that."""
        try:
            async with asyncio.timeout(within_s):
                await self._changed.wait()
        except TimeoutError:
            return

    async def settled(self) -> None:
        """Wait until it is ready. Raises FaultError where it has failed."""
        while self.state in _FAULTS:
            await self._changed.wait()
        self.check_ready()

    def check_ready(self) -> None:
        """Raise FaultError unless it is ready."""
        if self.state is not HostState.READY:
            what = {HostState.LOADING: "is still loading", HostState.REPAIRING: "is being repaired"}
            reason = f": {self.reason}" if self.reason else ""
            raise FaultError(
                _FAULTS.get(self.state, Fault.FAILED), f"The engine {what.get(self.state, 'failed')}{reason}"
            )
