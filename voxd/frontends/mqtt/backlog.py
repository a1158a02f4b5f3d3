"""What the broker kept while we were away: it comes all at once, and is no flood for that."""

import time
from collections.abc import Callable

from voxd.lib.rates import Rates

BACKLOG_MAX = 1000
"""So many announcements of one source may have waited, within an hour of such returns."""
LULL_S = 3.0
"""After so long a silence what comes is new."""
LONGEST_S = 60.0


class Backlog:
    """Lets each source have a backlog after a connect, until nothing has come for a moment."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rates = Rates(BACKLOG_MAX / 3600, BACKLOG_MAX, clock)
        self._since = self._last = float("-inf")

    def begin(self) -> None:
        """We are connected; what waited comes now."""
        self._since = self._last = self._clock()

    def go_on(self) -> None:
        """Something has come, or is tried again: this is no silence."""
        now = self._clock()
        if now - self._last <= LULL_S:
            self._last = now

    def allows(self, source: str) -> bool:
        """Whether what comes now may be of it; if so, that is counted."""
        now = self._clock()
        return now - self._last <= LULL_S and now - self._since <= LONGEST_S and self._rates.allow(source)
