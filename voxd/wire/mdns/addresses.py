"""The addresses at which others reach what listens on this machine."""

import asyncio
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

import ifaddr

from voxd.lib.threads import in_daemon_thread

IpAddress = IPv4Address | IPv6Address

ADDRESSES_MAX = 12
"""So many fit into one answer, whatever else is in it."""
_RESOLVE_MAX_S = 5.0
_INSIDE = re.compile(r"(docker|podman|virbr|lxcbr|lxdbr|cni|cali|flannel)[0-9.a-z]*|br-[0-9a-f]{12}")
"""Bridges to containers and virtual machines, by the names that their makers give them: nobody outside gets there."""
_NOWHERE = ("192.0.2.1", "2001:db8::1")
"""Addresses kept for documentation: what is sent there goes the way of everything that goes far."""


@dataclass(frozen=True, slots=True)
class Place:
    """An address of this machine and the index of its interface."""

    address: IpAddress
    interface: int
    is_inside: bool = False


def places_of_this_machine() -> tuple[Place, ...]:
    """Where this machine can be reached. Raises OSError."""
    adapters = ifaddr.get_adapters()
    found = (
        Place(_parsed(str(ip.ip if ip.is_IPv4 else ip.ip[0])), adapter.index or 0, _is_inside(adapter.name))
        for adapter in adapters
        for ip in adapter.ips
    )
    return best(found, {address for target in _NOWHERE if (address := _way_to(target)) is not None})


def best(found: Iterable[Place], preferred: Iterable[IpAddress] = ()) -> tuple[Place, ...]:
    """Those of use to others: not loopback, and what is link-local or inside only where there is nothing else.

    Where they are too many, the `preferred` are kept.
    """
    first = set(preferred)
    usable = [place for place in found if not (place.address.is_loopback or place.address.is_unspecified)]
    outside = [place for place in usable if not place.is_inside] or usable
    kept = [place for place in outside if not place.address.is_link_local] or outside
    return tuple(sorted(dict.fromkeys(kept), key=lambda place: place.address not in first))[:ADDRESSES_MAX]


async def listened_on(host: str, places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Those of `places` where a server on `host` is reached; `::` takes IPv4, too. Raises OSError for unknown names."""
    async with asyncio.timeout(_RESOLVE_MAX_S):
        found = await in_daemon_thread(lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM), "own addresses")
    addresses = {_parsed(str(entry[4][0])) for entry in found}
    if IPv6Address("::") in addresses:
        return places
    if IPv4Address("0.0.0.0") in addresses:  # noqa: S104 - compared with, not bound to
        return tuple(place for place in places if place.address.version == 4)
    return tuple(place for place in places if place.address in addresses)


def _is_inside(interface: str) -> bool:
    return _INSIDE.fullmatch(interface) is not None


def _parsed(text: str) -> IpAddress:
    return ip_address(text.partition("%")[0])


def _way_to(target: str) -> IpAddress | None:
    """Our own address on the way there; nothing is sent."""
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            return _parsed(probe.getsockname()[0])
    except OSError:
        return None
