"""Whether a loop that mostly waits still goes on: it says by when it takes its next step."""

import math
import time

SLACK_S = 30.0
"""So much later than it said it may still be well: the machine may be busy."""


class Steps:
    """The steps of one loop; before the first one nothing is expected of it."""

    def __init__(self) -> None:
        self._due_at = math.inf

    def within(self, seconds: float) -> None:
        """The next step comes within so many seconds, by the clock that stands while the machine sleeps."""
        self._due_at = time.monotonic() + seconds + SLACK_S

    def whenever(self) -> None:
        """The next step comes when something happens, which may be never."""
        self._due_at = math.inf

    @property
    def late(self) -> bool:
        """Whether it should have come by now: the loop hangs."""
        return time.monotonic() > self._due_at
