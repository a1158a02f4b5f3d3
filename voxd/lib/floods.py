"""What is turned away for being too much: told when it begins, counted, and told when it is over."""

import time
from collections.abc import Callable
from dataclasses import dataclass

QUIET_S = 5.0
LONGEST_S = 3600.0
SOURCES_MAX = 256


@dataclass(frozen=True, slots=True)
class Flood:
    """A flood that is over: how many were turned away, in how many seconds."""

    source: str
    count: int
    lasted_s: float


@dataclass(slots=True)
class _Rising:
    """A flood that goes on, in moments of the clock."""

    began_at: float
    last_at: float
    count: int = 1


class Floods:
    """The floods of each source. One is over when nothing was turned away for `QUIET_S`, or after `LONGEST_S`.

    With more than `SOURCES_MAX` at once the rest is one flood, of the source "others".
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rising: dict[str, _Rising] = {}

    def __len__(self) -> int:
        return len(self._rising)

    def count(self, source: str) -> bool:
        """Count one that is turned away; whether a flood begins with it."""
        if source not in self._rising and len(self._rising) >= SOURCES_MAX:
            source = "others"
        now = self._clock()
        if (flood := self._rising.get(source)) is None:
            self._rising[source] = _Rising(now, now)
            return True
        flood.last_at = now
        flood.count += 1
        return False

    def over(self) -> tuple[Flood, ...]:
        """Those that are over by now; they are forgotten."""
        now = self._clock()
        ended = [
            source
            for source, flood in self._rising.items()
            if now - flood.last_at >= QUIET_S or now - flood.began_at >= LONGEST_S
        ]
        return self._taken(ended)

    def all(self) -> tuple[Flood, ...]:
        """All of them, as nobody counts any more; they are forgotten."""
        return self._taken(list(self._rising))

    def _taken(self, sources: list[str]) -> tuple[Flood, ...]:
        floods = [(source, self._rising.pop(source)) for source in sources]
        return tuple(Flood(source, one.count, one.last_at - one.began_at) for source, one in floods)
