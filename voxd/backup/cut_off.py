"""What a restore that was cut off left undone is finished before the daemon uses anything of it."""

import logging

from voxd.backup.contents import places_of
from voxd.backup.exchange import Exchange
from voxd.lib.threads import in_daemon_thread
from voxd.paths import Paths

log = logging.getLogger(__name__)


class CutOffRestore:
    """The first part of a daemon: its start needs the lock, and all others need what it does."""

    def __init__(self, paths: Paths) -> None:
        self._exchange = Exchange(places_of(paths))

    async def start(self) -> None:
        """Finish it, if there is one. Raises StorageError where that cannot be."""
        if await in_daemon_thread(self._exchange.carry_on, "restore"):
            log.warning("A restore had been cut off; it is finished now")

    async def stop(self) -> None:
        """There is nothing to undo."""
