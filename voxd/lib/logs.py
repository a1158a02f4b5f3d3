"""Logging for the owner: to the journal under systemd, else to standard error."""

import logging
import sys

from voxd.lib import systemd


def configure(level: str) -> None:
    """Send everything of `level` (debug, info, warning, error) and above to where the owner reads."""
    target = systemd.journal_log()
    if target is None:
        target = logging.StreamHandler(sys.stderr)
        target.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=level.upper(), handlers=[target], force=True)
