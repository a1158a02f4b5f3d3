"""How many long requests are read at once: each is held in memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from voxd.frontends.http.refusal import RefusedError

AT_ONCE = 4


class Uploads:
    """Has room for a few."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = at_once

    @contextmanager
    def room(self) -> Iterator[None]:
        """Room for one. Raises RefusedError where there is none."""
        if not self._free:
            raise RefusedError(503, "Other recordings are being sent just now; try again later")
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1
