"""Tells the network of the doors that listen beyond this machine, so that Home Assistant finds them by itself."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from voxd.lib.os_errors import in_words
from voxd.lib.own_id import own_id
from voxd.lib.threads import in_daemon_thread
from voxd.settings import MdnsSettings
from voxd.wire.mdns.addresses import Place, listened_on, places_of_this_machine
from voxd.wire.mdns.beacon import Beacon, MdnsError, Service
from voxd.wire.mdns.changes import AddressChanges

log = logging.getLogger(__name__)

LOOK_EVERY_S = 10.0
_STOP_S = 2.0


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """A door: the type of its service, what follows our own name in its own, and where it listens."""

    kind: str
    suffix: str
    host: str
    port: int


class MdnsFrontend:
    """Announces doors at the addresses that this machine has, anew when those change, until it is stopped.

    Nothing that goes wrong in the network harms anything else: it is told once, and tried again.
    """

    name = "mdns"
    healthy = True

    def __init__(self, settings: MdnsSettings, id_file: Path, doors: Sequence[OpenDoor]) -> None:
        self._name = settings.name
        self._id_file = id_file
        self._doors = tuple(doors)
        self._beacon = Beacon()
        self._told: tuple[Service, ...] = ()
        self._failure = ""
        self._looking = asyncio.Lock()
        self._stopped = False

    async def start(self) -> None:
        """See Frontend."""

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            with AddressChanges() as changes:
                while True:
                    await self._look()
                    await changes.wait(LOOK_EVERY_S)
        finally:
            await self._beacon.put_out()

    async def stop(self) -> None:
        """Tell the network that the doors are gone."""
        self._stopped = True
        try:
            async with asyncio.timeout(_STOP_S), self._looking:
                await self._beacon.put_out()
        except TimeoutError:
            log.debug("The network could not be told in time that voxd is gone")

    async def _look(self) -> None:
        """Tell what is new."""
        async with self._looking:
            if self._stopped:
                return
            try:
                services = await self._services(places_of_this_machine())
                if services != self._told:
                    self._told = ()
                    await self._tell(services)
            except (OSError, TimeoutError, MdnsError) as error:
                self._note(in_words(error) or "no answer in time")
            else:
                self._note("")

    async def _tell(self, services: tuple[Service, ...]) -> None:
        if services:
            await self._beacon.light(services)
        else:
            await self._beacon.put_out()
        self._told = services
        for service in services:
            log.info("Found by the network as %s: %s", service.name, ", ".join(map(_shown, service.places)))

    async def _services(self, places: tuple[Place, ...]) -> tuple[Service, ...]:
        """The doors that can be reached, and where. Raises OSError."""
        own = self._name = self._name or f"voxd-{await in_daemon_thread(lambda: own_id(self._id_file), 'own id')}"
        found = [(door, await listened_on(door.host, places)) for door in self._doors]
        return tuple(Service(door.kind, own + door.suffix, door.port, where) for door, where in found if where)

    def _note(self, failure: str) -> None:
        """Tell once that it fails, and once that it does not any more."""
        if failure and not self._failure:
            log.warning("The network cannot be told of voxd: %s (mdns); it is tried again and again", failure)
        elif self._failure and not failure:
            log.info("The network can be told of voxd again")
        self._failure = failure


def _shown(place: Place) -> str:
    return str(place.address)
