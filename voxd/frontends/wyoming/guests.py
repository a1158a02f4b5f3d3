"""Who may come in."""

import ipaddress
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from voxd.settings.section import IpNetwork

log = logging.getLogger(__name__)

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_TOLD_MAX = 256
_TOLD_AGAIN_AFTER_S = 600.0


class Guests:
    """Knows the networks that clients may come from, and tells the owner of those who were turned away."""

    def __init__(self, allow: tuple[IpNetwork, ...], clock: Callable[[], float] = time.monotonic) -> None:
        self._allow = allow
        self._clock = clock
        self._told: OrderedDict[str, float] = OrderedDict()

    def welcome(self, address: IpAddress) -> bool:
        """Whether a client of that address may come in."""
        if any(address in network for network in self._allow):
            return True
        self.tell(address, "its network is not in wyoming.allow")
        return False

    def tell(self, turned_away: IpAddress, reason: str) -> None:
        """Tell the owner of one that was turned away; of each address once in a while."""
        address = str(turned_away)
        now = self._clock()
        if now - self._told.get(address, -_TOLD_AGAIN_AFTER_S) < _TOLD_AGAIN_AFTER_S:
            return
        self._told[address] = now
        self._told.move_to_end(address)
        if len(self._told) > _TOLD_MAX:
            self._told.popitem(last=False)
        log.warning("Turned away a Wyoming client at %s: %s", address, reason)


def address_of(peer: Any) -> IpAddress | None:
    """The address of a socket's peer name; None where the client has left before we could look."""
    return _address(peer[0]) if isinstance(peer, tuple) else None


@lru_cache(maxsize=256)
def _address(text: str) -> IpAddress:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
