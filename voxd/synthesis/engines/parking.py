"""A few started processes that wait for their next sentence."""

import asyncio
from typing import Generic, TypeVar

from voxd.lib.child_process import ChildProcess

PARKED_MAX = 2
IDLE_S = 60.0

Kind = TypeVar("Kind")


class Parking(Generic[Kind]):
    """Keeps the `PARKED_MAX` children parked last; all of them leave after `idle_s` of quiet."""

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._parked: list[tuple[Kind, ChildProcess]] = []
        self._leaving: asyncio.TimerHandle | None = None

    def take(self, kind: Kind) -> ChildProcess | None:
        """A child of that kind that still lives; it is the caller's from now on. None if there is none."""
        for place in tuple(self._parked):
            if place[0] == kind:
                self._parked.remove(place)
                if place[1].alive:
                    return place[1]
                place[1].drop()
        return None

    def add(self, kind: Kind, child: ChildProcess) -> None:
        """Keep `child`; the one parked longest makes room."""
        self._parked.append((kind, child))
        while len(self._parked) > PARKED_MAX:
            self._parked.pop(0)[1].drop()
        self._stop_clock()
        self._leaving = asyncio.get_running_loop().call_later(self._idle_s, self._drop_all)

    async def clear(self) -> None:
        """End all of them, and wait for that."""
        self._stop_clock()
        parked, self._parked = self._parked, []
        await asyncio.gather(*(child.end() for _, child in parked))

    def _drop_all(self) -> None:
        while self._parked:
            self._parked.pop()[1].drop()

    def _stop_clock(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
