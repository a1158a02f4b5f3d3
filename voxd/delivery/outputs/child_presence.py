"""Whether a device of a sound server is still there; its stream does not tell.

PulseAudio moves the streams of a sink that is removed to another one, without a word: what was meant for one room
would be heard in the next. A second stream opened by the same name fails then (measured: 1 to 6 ms).
"""

import time
from collections.abc import Callable
from typing import Any

LOOK_EVERY_S = 1.0
BUSY = -9985
"""PortAudio's paDeviceUnavailable: who else would have it open but we."""


class GoneError(Exception):
    """The device of that name is not there any more."""


class Presence:
    """Looks at most once a second; `opened` opens one more stream on the device, `error` is what it may raise."""

    def __init__(self, opened: Callable[[], Any], error: type[Exception]) -> None:
        self._opened, self._error = opened, error
        self._looked_at = time.monotonic()

    def look(self) -> None:
        """Raises GoneError."""
        if time.monotonic() - self._looked_at < LOOK_EVERY_S:
            return
        try:
            self._opened().close()
        except self._error as error:
            if BUSY not in error.args:
                raise GoneError("the device of that name is gone") from error
        self._looked_at = time.monotonic()
