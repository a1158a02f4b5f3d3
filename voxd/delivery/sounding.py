"""One sound on its way into its zones, and into those that stand in for them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass

from voxd.audio.pcm import gain
from voxd.delivery.ducking import Quiet
from voxd.delivery.ensemble import Ensemble, StepKeeper
from voxd.delivery.lookout import Lookout
from voxd.delivery.output import Output
from voxd.delivery.zones import Zone
from voxd.errors import OutputError, VoxdError
from voxd.model.audio import Chunk, Seam
from voxd.model.identifiers import ZoneId

Sound = Callable[[], AsyncIterator[Chunk]]
"""Gives a listener of its own to one sound, from its beginning, each time it is called."""

Volume = Callable[[ZoneId], float]
"""The volume of a zone in percent, cubic like a volume slider."""

StandsIn = Callable[[ZoneId], str]
"""Asked before a zone stands in for another one: why it may not, in a few words; empty where it may."""

Heard = Callable[[], None]
"""Called in the very moment in which the last output is through."""


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a sound: what was not heard where others heard it, a sentence each.

    `apart_ms` is the widest that two outputs that keep step were apart; None where fewer than two could tell.
    """

    missed: tuple[str, ...] = ()
    apart_ms: float | None = None


class Sounding:
    """Played once. One deaf output silences no other, and delays none: those known to be lost are left out.

    Only where nobody can be reached otherwise are they tried as well.
    """

    def __init__(
        self,
        zones: Mapping[ZoneId, Zone],
        lookout: Lookout,
        sound: Sound,
        volume: Volume,
        stands_in: StandsIn,
        heard: Heard,
    ) -> None:
        self._zones, self._lookout, self._sound, self._volume = zones, lookout, sound, volume
        self._stands_in, self._on_heard = stands_in, heard
        self._told: list[str] = []
        self._reached: set[ZoneId] = set()
        self._heard = False
        self._playing = 0
        self._fault: VoxdError | None = None
        self._left_out: list[Output] = []

    async def play(self, zones: tuple[ZoneId, ...]) -> Played:
        """Play to the end everywhere.

        Raises OutputError if nobody could hear it, another VoxdError if the sound itself failed.
        """
        self._reached = set(zones)
        if any(map(self._reachable, zones)):
            every = (output for zone in self._zones.values() for output in zone.outputs)
            self._left_out = [output for output in every if not self._lookout.worth_trying(output)]
        self._playing = sum(len(self._tried(self._zones[zone])) for zone in zones)
        ensemble = self._ensemble(zones)
        async with asyncio.TaskGroup() as group:
            for zone in zones:
                group.create_task(self._in_zone(self._zones[zone], ensemble), name=f"zone {zone}")
        if self._fault:
            raise self._fault
        if not self._heard:
            raise OutputError("; ".join(self._told) or "No zone was named to play in")
        return Played(tuple(self._told), ensemble.apart_ms if ensemble else None)

    def _ensemble(self, zones: tuple[ZoneId, ...]) -> Ensemble | None:
        """What those share that can keep step, where there are several."""
        tried = [output for zone in zones for output in self._tried(self._zones[zone])]
        players = sum(isinstance(output, StepKeeper) for output in tried)
        return Ensemble(players) if players > 1 else None

    def _tried(self, zone: Zone) -> list[Output]:
        return [output for output in zone.outputs if output not in self._left_out]

    def _reachable(self, zone: ZoneId) -> bool:
        """Whether somebody may hear it there or in a zone that stands in."""
        seen: set[ZoneId] = set()
        while zone in self._zones and zone not in seen:
            seen.add(zone)
            if any(map(self._lookout.worth_trying, self._zones[zone].outputs)):
                return True
            zone = self._zones[zone].stand_in or zone
        return False

    async def _in_zone(self, zone: Zone, ensemble: Ensemble | None) -> bool:
        """Whether it was heard there, or in its stead in a zone that nothing else of this sound goes to."""
        if await self._by_outputs(zone, ensemble):
            self._heard = True
            return True
        instead = self._zones.get(zone.stand_in) if zone.stand_in else None
        if self._fault or instead is None or instead.id in self._reached:
            return False
        self._reached.add(instead.id)
        if why := self._stands_in(instead.id):
            self._told.append(f"{instead.id} does not speak in place of {zone.id}: {why}")
            return False
        self._playing += len(self._tried(instead))
        if heard := await self._in_zone(instead, None):  # it comes too late to be in step
            self._told.append(f"What {zone.id} could not hear was played in {instead.id}")
        return heard

    async def _by_outputs(self, zone: Zone, ensemble: Ensemble | None) -> bool:
        tried = self._tried(zone)
        lost = [output for output in zone.outputs if output not in tried]
        self._told += [f"{output.name} is lost: {self._lookout.reason(output)}" for output in lost]
        if not tried:
            return False
        async with _ducked(zone) as quiet, asyncio.TaskGroup() as group:
            playing = [
                group.create_task(self._by(output, zone, quiet, ensemble), name=f"output {output.name}")
                for output in tried
            ]
        return any(task.result() for task in playing)

    async def _by(self, output: Output, zone: Zone, quiet: Quiet, ensemble: Ensemble | None) -> bool:
        """Whether it was heard there."""
        try:
            async with aclosing(_at_volume(self._sound(), self._volume(zone.id), quiet)) as heard:
                if ensemble and isinstance(output, StepKeeper):
                    await output.play_in_step(heard, ensemble)
                else:
                    await output.play(heard)
        except OutputError as error:
            self._lookout.note_failed(output, str(error))
            self._told.append(str(error))
            return False
        except VoxdError as error:
            self._fault = self._fault or error
            return False
        finally:
            self._playing -= 1
        self._lookout.note_heard(output)
        if not self._playing:
            self._on_heard()
        return True


def _ducked(zone: Zone) -> AbstractAsyncContextManager[Quiet]:
    return zone.ducking.ducked() if zone.ducking else nullcontext(_quiet_already)


async def _quiet_already() -> None:
    """For zones where nothing needs to be turned down."""


async def _at_volume(sound: AsyncIterator[Chunk], volume_percent: float, quiet: Quiet) -> AsyncGenerator[Chunk, None]:
    """The sound at its volume, its first chunk when the zone is quiet; seams stay what they are."""
    begun = False
    try:
        async for chunk in sound:
            if not begun:
                begun = True
                await quiet()
            yield chunk if isinstance(chunk, Seam) else gain(chunk, volume_percent)
    finally:
        if isinstance(sound, AsyncGenerator):
            await sound.aclose()
