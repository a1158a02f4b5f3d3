"""The health of an engine that changes while the daemon runs, for whoever asks, listens, or waits."""

import asyncio
import logging
from collections.abc import Callable

from voxd.synthesis.engine import EngineHealth

log = logging.getLogger(__name__)

_SETTLED = ("ready", "failed")


class WatchedHealth:
    """What was noted of it last; it begins as waiting. Fills WatchedEngine for the engine called `name`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._listeners: list[Callable[[EngineHealth], None]] = []
        self._settled = asyncio.Event()
        self.now = EngineHealth("waiting")

    def listen(self, listener: Callable[[EngineHealth], None]) -> Callable[[], None]:
        """Call `listener` at every change of state or reason from now on; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def settled(self) -> EngineHealth:
        """Wait until it is ready or has failed."""
        await self._settled.wait()
        return self.now

    def note(self, health: EngineHealth) -> None:
        """It is so from now on."""
        before, self.now = self.now, health
        if health.state in _SETTLED:
            self._settled.set()
        else:
            self._settled.clear()
        if (health.state, health.reason) != (before.state, before.reason):
            self._tell()

    def _tell(self) -> None:
        told = self.now
        for listener in tuple(self._listeners):
            try:
                listener(told)
            except Exception:  # shields one listener from another
                log.exception("A listener failed on the health of the engine %s", self._name)
