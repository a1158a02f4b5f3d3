"""How soon a server usually gives the first sound of a sentence."""

import time
from collections import deque
from collections.abc import Callable

REMEMBERED = 32
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
        """What half of the sentences took at most."""
        return self._quantile(0.5)

    @property
    def late_s(self) -> float | None:
        """What few sentences took longer than."""
        return self._quantile(0.95)

    def note(self, seconds: float) -> None:
        """A sentence took so long, or longer."""
        if not self._is_known:
            self._took_s.clear()
        self._took_s.append(seconds)
        self._noted_at = self._clock()

    @property
    def _is_known(self) -> bool:
        return bool(self._took_s) and self._clock() - self._noted_at < FORGOTTEN_AFTER_S

    def _quantile(self, share: float) -> float | None:
        if not self._is_known:
            return None
        return sorted(self._took_s)[min(len(self._took_s) - 1, int(share * len(self._took_s)))]
