"""What tells the network of services, as long as it is lit."""

import asyncio
import logging
from dataclasses import dataclass

from zeroconf import ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from voxd.errors import VoxdError
from voxd.lib.os_errors import in_words
from voxd.wire.mdns.addresses import Place

_SEND_MAX_S = 10.0
_GOODBYE_MAX_S = 1.2
_CLOSE_MAX_S = 0.5


class MdnsError(VoxdError):
    """The network cannot be told."""


@dataclass(frozen=True, slots=True)
class Service:
    """`kind` is its type, as in `_wyoming._tcp`; `name` is what it is found by, once in the network."""

    kind: str
    name: str
    port: int
    places: tuple[Place, ...]


class Beacon:
    """Tells of services on the interfaces that they are reached by. Its names are ours alone, and never change."""

    def __init__(self) -> None:
        self._lit: AsyncZeroconf | None = None
        logging.getLogger("zeroconf").setLevel(logging.CRITICAL)  # it tells of each packet that is lost

    async def light(self, services: tuple[Service, ...]) -> None:
        """Tell of these and no others. Raises MdnsError."""
        await self.put_out()
        try:
            async with asyncio.timeout(_SEND_MAX_S):
                self._lit = AsyncZeroconf(interfaces=_interfaces(services))
                for service in services:
                    # what registers here is not probed for: a name is an installation's own, and kept over restarts
                    sent = await self._lit.async_register_service(_info(service), cooperating_responders=True)
                    await sent
        except Exception as error:  # shields the daemon: whatever the library meets in the network, the house speaks
            await self.put_out()
            raise MdnsError(in_words(error) or type(error).__name__) from error

    async def put_out(self) -> None:
        """Tell that they are gone."""
        lit, self._lit = self._lit, None
        if lit is None:
            return
        for step, longest_s in ((lit.async_unregister_all_services, _GOODBYE_MAX_S), (lit.async_close, _CLOSE_MAX_S)):
            try:
                async with asyncio.timeout(longest_s):
                    await step()
            except Exception as error:  # as above; who is not told finds out by itself
                logging.getLogger(__name__).debug("The network was not told: %s", error)


def _interfaces(services: tuple[Service, ...]) -> list[str | int | tuple[tuple[str, int, int], int]]:
    """IPv4's by an address of theirs, IPv6's by their number: the way that the library names them."""
    places = dict.fromkeys(place for service in services for place in service.places)
    return list(
        dict.fromkeys(str(place.address) if place.address.version == 4 else place.interface for place in places)
    )


def _info(service: Service) -> ServiceInfo:
    kind = f"{service.kind}.local."
    addresses = [place.address.packed for place in service.places]
    return ServiceInfo(
        kind, f"{service.name}.{kind}", port=service.port, addresses=addresses, server=f"{service.name}.local."
    )
