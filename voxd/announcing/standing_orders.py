"""Standing orders: which zones are paused and which are not to be disturbed, kept over restarts."""

import asyncio
import json
import logging
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from voxd.lib import durable
from voxd.lib.os_errors import in_words
from voxd.lib.threads import in_daemon_thread
from voxd.model.announcement import Priority
from voxd.model.identifiers import ZoneId

log = logging.getLogger(__name__)


class StandingOrders:
    """`paused` zones wait; in the `undisturbed` ones only that priority and what is above it is heard.

    They hold at once. A disk that refuses them is told of once, and tried again with the next order.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._writing = asyncio.Lock()
        self._failing = False
        self.paused: frozenset[ZoneId] = frozenset()
        self.undisturbed: dict[ZoneId, Priority] = {}

    async def load(self) -> None:
        """Read what was kept; a file that cannot be read is told of, and nothing is in force then."""
        try:
            kept = json.loads(await in_daemon_thread(self._file.read_bytes, "standing orders"))
            self.paused, self.undisturbed = _understood(kept)
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            log.error("The standing orders in %s cannot be read: %s; no zone is paused", self._file, in_words(error))

    async def pause(self, zones: Iterable[ZoneId]) -> None:
        """Have these zones wait."""
        await self._keep(self.paused | frozenset(zones), self.undisturbed)

    async def resume(self, zones: Iterable[ZoneId]) -> None:
        """Have these zones wait no longer."""
        await self._keep(self.paused - frozenset(zones), self.undisturbed)

    async def do_not_disturb(self, zones: Iterable[ZoneId], passes: Priority | None) -> None:
        """Suppress what is below that priority in these zones; None ends that."""
        named = frozenset(zones)
        undisturbed = {zone: least for zone, least in self.undisturbed.items() if zone not in named}
        if passes is not None:
            undisturbed |= dict.fromkeys(sorted(named), passes)
        await self._keep(self.paused, undisturbed)

    async def _keep(self, paused: frozenset[ZoneId], undisturbed: dict[ZoneId, Priority]) -> None:
        if (paused, undisturbed) == (self.paused, self.undisturbed) and not self._failing:
            return
        self.paused, self.undisturbed = paused, undisturbed
        async with self._writing:
            try:
                await in_daemon_thread(partial(durable.replace, self._file, self._content()), "standing orders")
                self._failing = False
            except OSError as error:
                self._tell_failure(error)

    def _content(self) -> bytes:
        """What is in force now, which may be newer than what this write was asked for."""
        undisturbed = {zone: least.name.lower() for zone, least in self.undisturbed.items()}
        return json.dumps({"paused": sorted(self.paused), "undisturbed": undisturbed}, indent=1).encode()

    def _tell_failure(self, error: OSError) -> None:
        if not self._failing:
            self._failing = True
            log.error("%s cannot be written: %s; a restart will forget this order", self._file, in_words(error))


def _understood(kept: Any) -> tuple[frozenset[ZoneId], dict[ZoneId, Priority]]:
    """Raises ValueError and its like where it is not what `_content` wrote."""
    paused = frozenset(ZoneId(str(zone)) for zone in kept["paused"])
    undisturbed = {ZoneId(str(zone)): Priority[least.upper()] for zone, least in kept["undisturbed"].items()}
    return paused, undisturbed
