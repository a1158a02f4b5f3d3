"""The clock of a device: when each frame that it was given is heard.

Imported by the audio child, which must start quickly: nothing heavy may be imported here.
"""

from collections import deque

WINDOW_S = 1.0
JUMP_S = 0.03
"""A gap that is longer is noticed at once, a shorter one within WINDOW_S. A look comes after a block was written, and
so may be late by all of it (20 ms) for many steps in a row: that is no gap."""
JUMPED = 4
"""So many looks in a row that tell of a gap are believed."""


class DeviceClock:
    """Told how many frames the device took, and when that was seen; moments are seconds of CLOCK_MONOTONIC.

    Devices take sound in steps, PulseAudio every 25 ms, and a step is seen too late, never too early. So only looks
    at a step count, and of those of the last second the one that was the least late.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._taken = 0
        self._beginnings: deque[tuple[float, float]] = deque()

    def look(self, now: float, taken: int) -> None:
        """So many frames had been taken now."""
        if taken <= self._taken:
            return
        self._taken = taken
        self._beginnings.append((now, now - taken / self._rate_hz))
        while self._beginnings[0][0] < now - WINDOW_S:
            self._beginnings.popleft()
        self._believe_a_jump()

    def forget(self) -> None:
        """The device ran dry: what was seen until now says nothing of what comes."""
        self._beginnings.clear()

    def heard_at(self, frame: int) -> float | None:
        """The moment at which this frame is heard or was; None before the device took anything."""
        beginning = self._beginning()
        return None if beginning is None else beginning + frame / self._rate_hz

    def _beginning(self) -> float | None:
        """When frame 0 would have been heard, had there been no gap since."""
        return min((beginning for _, beginning in self._beginnings), default=None)

    def _believe_a_jump(self) -> None:
        latest = list(self._beginnings)[-JUMPED:]
        earliest = self._beginning() or 0.0
        if len(latest) == JUMPED and all(beginning > earliest + JUMP_S for _, beginning in latest):
            self._beginnings = deque(latest)
