"""The health of a device: whether it works, since when it is lost, and what the owner is told of it."""

import asyncio
import logging

from voxd.errors import OutputError

log = logging.getLogger(__name__)


class Health:
    """A device that worked and is lost gets `give_up_s` to come back; one that did not work is tried once."""

    def __init__(self, name: str, give_up_s: float) -> None:
        self._name, self._give_up_s = name, give_up_s
        self._lost_at: float | None = None
        self.works = False
        self.doubted = False
        """Whether it was given up, and has not been heard since."""

    def lose(self, error: OutputError) -> None:
        """Take note of a failure. Raises OutputError when the device has no more time."""
        now = asyncio.get_running_loop().time()
        if self.works and self._lost_at is None:
            self._lost_at = now
            log.warning("The sound device of %s is lost: %s", self._name, error)
        if not self.works or now - (self._lost_at or now) > self._give_up_s:
            self.works, self.doubted, self._lost_at = False, True, None
            raise OutputError(f"The sound device of {self._name} does not work: {error}") from error

    def regain(self) -> None:
        """It was heard."""
        self.works, self.doubted = True, False
        if self._lost_at is not None:
            self._lost_at = None
            log.info("The sound device of %s is back", self._name)
