"""Logging for the owner: to the journal under systemd, else to standard error."""

import logging
import sys
import time

from voxd.lib import systemd


def configure(level: str) -> None:
    """Send everything of `level` (debug, info, warning, error) and above to where the owner reads."""
    target = systemd.journal_log()
    if target is None:
        target = logging.StreamHandler(sys.stderr)
        target.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
    else:
        target.setFormatter(logging.Formatter("%(message)s"))  # the rest are fields of the journal's
    logging.basicConfig(level=level.upper(), handlers=[target], force=True)


class Sparing:
    """Lines that others can cause at will: the first few of each minute, then one line about the rest."""

    def __init__(self, log: logging.Logger, lines_per_minute: int = 10) -> None:
        self._log = log
        self._max = lines_per_minute
        self._since = 0.0
        self._lines = 0

    def warning(self, text: str, *values: object) -> None:
        """Warn, unless there was too much of late."""
        self._tell(logging.WARNING, text, *values)

    def info(self, text: str, *values: object) -> None:
        """Tell, unless there was too much of late."""
        self._tell(logging.INFO, text, *values)

    def _tell(self, level: int, text: str, *values: object) -> None:
        now = time.monotonic()
        if now - self._since > 60.0:
            self._since, self._lines = now, 0
        self._lines += 1
        if self._lines <= self._max:
            self._log.log(level, text, *values)
        elif self._lines == self._max + 1:
            self._log.log(level, "There are more like that; they are not logged for a minute")
