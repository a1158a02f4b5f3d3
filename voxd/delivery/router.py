"""From zones to their outputs; one deaf output silences no other."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from voxd.delivery.ducking import Ducking
from voxd.delivery.lookout import Lookout
from voxd.delivery.output import Output
from voxd.delivery.sounding import Heard, Played, Sound, Sounding, StandsIn, Volume
from voxd.delivery.zones import Zone
from voxd.errors import OutputError, UnknownZoneError
from voxd.model.announcement import EVERYWHERE
from voxd.model.identifiers import ZoneId

__all__ = ["Router", "Sound", "StandsIn", "Volume", "at_full_volume"]

log = logging.getLogger(__name__)


def at_full_volume(_: ZoneId) -> float:
    """The sound as it is."""
    return 100.0


def anywhere(_: ZoneId) -> str:
    """Every zone may stand in."""
    return ""


def nobody() -> None:
    """Nobody wants to know."""


class Router:
    """Knows the zones of the house, in the order of the settings, and the groups that have a name for several."""

    def __init__(
        self,
        zones: Mapping[ZoneId, Zone],
        groups: Mapping[ZoneId, tuple[ZoneId, ...]] | None = None,
        lookout: Lookout | None = None,
    ) -> None:
        self._zones = dict(zones)
        self._groups = dict(groups or {})
        self._lookout = lookout or Lookout()

    async def start(self) -> None:
        """Start every output; one that cannot be started is told, and looked for from then on."""
        for ducking in self._duckings:
            await ducking.start()
        await self._lookout.start(self._outputs)

    async def stop(self) -> None:
        """Stop every output, and undo all ducking."""
        await self._lookout.stop()
        async with asyncio.TaskGroup() as group:
            for output in self._outputs:
                group.create_task(_stopped(output), name=f"stopping {output.name}")
            for ducking in self._duckings:
                group.create_task(ducking.stop(), name="undoing a ducking")

    def resolve(self, zones: tuple[ZoneId, ...]) -> tuple[ZoneId, ...]:
        """The zones that are meant, each once; a group is all of its zones and `*` all of the house.

        Raises UnknownZoneError.
        """
        meant: set[ZoneId] = set()
        for name in zones:
            meant.update(self._meant(name))
        return tuple(zone for zone in self._zones if zone in meant)

    def lost(self) -> Mapping[str, str]:
        """The outputs that cannot be heard, by name, with the reason."""
        return self._lookout.lost()

    @property
    def healthy(self) -> bool:
        """Whether all outputs are looked after; they may be lost."""
        return self._lookout.healthy

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever a lost output may be heard again; what is returned ends that."""
        return self._lookout.listen(listener)

    async def play(
        self,
        zones: tuple[ZoneId, ...],
        sound: Sound,
        volume: Volume = at_full_volume,
        stands_in: StandsIn = anywhere,
        heard: Heard = nobody,
    ) -> Played:
        """Play in these zones at once, until every output is through, at the volume that each zone has.

        Where no output of a zone can play, its stand-in plays instead, if it may.
        Raises OutputError if nobody could hear it, another VoxdError if the sound itself failed.
        """
        return await Sounding(self._zones, self._lookout, sound, volume, stands_in, heard).play(self.resolve(zones))

    def _meant(self, name: ZoneId) -> tuple[ZoneId, ...]:
        if name == EVERYWHERE:
            return tuple(self._zones)
        if name in self._zones:
            return (name,)
        if name in self._groups:
            return self._groups[name]
        groups = f"; the groups are: {', '.join(self._groups)}" if self._groups else ""
        raise UnknownZoneError(f"There is no zone '{name}'; the zones are: {', '.join(self._zones)}{groups}")

    @property
    def _outputs(self) -> list[Output]:
        return [output for zone in self._zones.values() for output in zone.outputs]

    @property
    def _duckings(self) -> list[Ducking]:
        return [zone.ducking for zone in self._zones.values() if zone.ducking]


async def _stopped(output: Output) -> None:
    try:
        await output.stop()
    except OutputError as error:
        log.debug("%s could not be stopped: %s", output.name, error)
