"""From zones to their outputs; one deaf output silences no other."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing

from voxd.audio.pcm import gain
from voxd.delivery.output import Output
from voxd.delivery.zones import Zone
from voxd.errors import OutputError, UnknownZoneError, VoxdError
from voxd.model.announcement import EVERYWHERE
from voxd.model.audio import Chunk
from voxd.model.identifiers import ZoneId

log = logging.getLogger(__name__)

Sound = Callable[[], AsyncIterator[Chunk]]
"""Gives a listener of its own to one sound, from its beginning, each time it is called."""


Volume = Callable[[ZoneId], float]
"""The volume of a zone in percent, cubic like a volume slider."""


def at_full_volume(_: ZoneId) -> float:
    """The sound as it is."""
    return 100.0


class Router:
    """Knows the zones of the house, in the order of the settings."""

    def __init__(self, zones: Mapping[ZoneId, Zone]) -> None:
        self._zones = dict(zones)
        self._deaf: set[str] = set()

    async def start(self) -> None:
        """Start every output; one that cannot be started is logged, and tried again when it is to play."""
        await self._each(tuple(self._zones.values()), lambda output, _: output.start())

    async def stop(self) -> None:
        """Stop every output."""
        self._deaf.clear()
        await self._each(tuple(self._zones.values()), lambda output, _: output.stop())

    def resolve(self, zones: tuple[ZoneId, ...]) -> tuple[ZoneId, ...]:
        """The zones that are meant, each once; `*` is all of them. Raises UnknownZoneError."""
        if unknown := [zone for zone in zones if zone != EVERYWHERE and zone not in self._zones]:
            known = ", ".join(self._zones)
            raise UnknownZoneError(f"There is no zone '{unknown[0]}'; the zones are: {known}")
        return tuple(zone for zone in self._zones if EVERYWHERE in zones or zone in zones)

    async def play(self, zones: tuple[ZoneId, ...], sound: Sound, volume: Volume = at_full_volume) -> tuple[str, ...]:
        """Play in these zones at once, until every output is through, at the volume that each zone has.

        What failed where others played, a sentence each. Raises OutputError if no output could play, another
        VoxdError if the sound itself failed.
        """
        meant = tuple(self._zones[zone] for zone in self.resolve(zones))
        outcomes = await self._each(meant, lambda output, zone: _played(output, sound(), volume(zone.id)))
        failures = [outcome for outcome in outcomes if outcome]
        for failure in failures:
            if not isinstance(failure, OutputError):
                raise failure
        if len(failures) == len(outcomes):
            raise OutputError("; ".join(map(str, failures)) or "No zone was named to play in")
        return tuple(map(str, failures))

    async def _each(
        self, zones: tuple[Zone, ...], act: Callable[[Output, Zone], Awaitable[None]]
    ) -> list[VoxdError | None]:
        """Let every output of these zones act at once; what failed in each, in order."""
        async with asyncio.TaskGroup() as group:
            acting = [
                group.create_task(self._shielded(output, act(output, zone)), name=f"output {output.name}")
                for zone in zones
                for output in zone.outputs
            ]
        return [task.result() for task in acting]

    async def _shielded(self, output: Output, acting: Awaitable[None]) -> VoxdError | None:
        try:
            await acting
        except OutputError as error:
            self._note_deaf(output, error)
            return error
        except VoxdError as error:
            return error
        if output.name in self._deaf:
            self._deaf.discard(output.name)
            log.info("%s can be heard again", output.name)
        return None

    def _note_deaf(self, output: Output, error: OutputError) -> None:
        if output.name not in self._deaf:
            self._deaf.add(output.name)
            log.warning("%s cannot be heard: %s", output.name, error)


async def _played(output: Output, sound: AsyncIterator[Chunk], volume_percent: float) -> None:
    async with aclosing(_at_volume(sound, volume_percent)) as heard:
        await output.play(heard)


async def _at_volume(sound: AsyncIterator[Chunk], volume_percent: float) -> AsyncGenerator[Chunk, None]:
    try:
        async for chunk in sound:
            yield gain(chunk, volume_percent)
    finally:
        if isinstance(sound, AsyncGenerator):
            await sound.aclose()
