"""How many long requests are read at once: each is held in memory."""

from voxd.frontends.http.refusal import RefusedError

AT_ONCE = 4


class Uploads:
    """Has room for a few requests that are longer than `usual_max_bytes`; whatever is shorter needs none."""

    def __init__(self, usual_max_bytes: int, at_once: int = AT_ONCE) -> None:
        self.usual_max_bytes = usual_max_bytes
        self._free = at_once

    def take(self) -> None:
        """Take the room of one. Raises RefusedError where there is none."""
        if not self._free:
            raise RefusedError(503, "Other recordings are being sent just now; try again later")
        self._free -= 1

    def give_back(self) -> None:
        """Undo take."""
        self._free += 1
