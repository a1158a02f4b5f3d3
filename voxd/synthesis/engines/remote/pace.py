"""How soon a server usually gives the first sound of a sentence."""

import time
from collections import deque
from collections.abc import Callable

REMEMBERED, LATEST = 32, 3
FORGOTTEN_AFTER_S = 300.0
"""A server that was slow is given another chance after that."""


class Pace:
    """The latest first sounds of a server; None where nothing is known of it lately."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._took_s: deque[float] = deque(maxlen=REMEMBERED)
        self._noted_at = 0.0

    @property
    def usual_s(self) -> float | None:
        """What half of the latest took at most: who becomes slow is known for it soon, and one hiccup is none."""
        return self._quantile(0.5, LATEST)

    @property
    def late_s(self) -> float | None:
        """What few sentences took longer than."""
        return self._quantile(0.95, REMEMBERED)

    def note(self, seconds: float) -> None:
        """A sentence took so long, or longer."""
        if not self._is_known:
            self._took_s.clear()
        self._took_s.append(seconds)
        self._noted_at = self._clock()

    @property
    def _is_known(self) -> bool:
        return bool(self._took_s) and self._clock() - self._noted_at < FORGOTTEN_AFTER_S

    def _quantile(self, share: float, latest: int) -> float | None:
        if not self._is_known:
            return None
        took_s = sorted(list(self._took_s)[-latest:])
        return took_s[min(len(took_s) - 1, int(share * len(took_s)))]
