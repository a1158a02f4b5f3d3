"""Standing orders: which zones are paused and which are not to be disturbed, kept over restarts."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from voxd.lib.kept import KeptFile
from voxd.model.announcement import Priority
from voxd.model.identifiers import ZoneId


class StandingOrders:
    """`paused` zones wait; in the `undisturbed` ones only that priority and what is above it is heard.

    They hold at once. A disk that refuses them is told of once, and tried again with the next order.
    """

    def __init__(self, file: Path) -> None:
        self._file = KeptFile(file, "The standing orders", "no zone is paused")
        self.paused: frozenset[ZoneId] = frozenset()
        self.undisturbed: dict[ZoneId, Priority] = {}

    async def load(self) -> None:
        """Read what was kept; a file that cannot be read is told of, and nothing is in force then."""
        if (kept := await self._file.read(_understood)) is not None:
            self.paused, self.undisturbed = kept

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

    async def settle(self) -> None:
        """Wait until all that was ordered is kept."""
        await self._file.settle()

    async def _keep(self, paused: frozenset[ZoneId], undisturbed: dict[ZoneId, Priority]) -> None:
        if (paused, undisturbed) == (self.paused, self.undisturbed) and not self._file.failing:
            return
        self.paused, self.undisturbed = paused, undisturbed
        await self._file.write(self._content)

    def _content(self) -> object:
        undisturbed = {zone: least.name.lower() for zone, least in self.undisturbed.items()}
        return {"paused": sorted(self.paused), "undisturbed": undisturbed}


def _understood(kept: Any) -> tuple[frozenset[ZoneId], dict[ZoneId, Priority]]:
    """Raises ValueError and its like where it is not what `_content` wrote."""
    paused = frozenset(ZoneId(str(zone)) for zone in kept["paused"])
    undisturbed = {ZoneId(str(zone)): Priority[least.upper()] for zone, least in kept["undisturbed"].items()}
    return paused, undisturbed
