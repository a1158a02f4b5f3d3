"""Who may come in."""

import ipaddress
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from voxd.settings import IpNetwork

log = logging.getLogger(__name__)

_TOLD_MAX = 256
_TOLD_AGAIN_AFTER_S = 600.0


class Guests:
    """Knows the networks that clients may come from, and tells the owner of those who were turned away."""

    def __init__(self, allow: tuple[IpNetwork, ...], clock: Callable[[], float] = time.monotonic) -> None:
        self._allow = allow
        self._clock = clock
        self._told: OrderedDict[str, float] = OrderedDict()

    def welcome(self, peer: Any) -> bool:
        """Whether a client at `peer` (a socket's peer name; a path for unix sockets) may come in."""
        if not isinstance(peer, tuple):
            return True
        address = _address(peer[0])
        if any(address in network for network in self._allow):
            return True
        self._tell(str(address))
        return False

    @staticmethod
    def name(peer: Any) -> str:
        """Who a client is when its texts are counted: its address; those of unix sockets are one."""
        return str(_address(peer[0])) if isinstance(peer, tuple) else "unix socket"

    def _tell(self, address: str) -> None:
        now = self._clock()
        if now - self._told.get(address, -_TOLD_AGAIN_AFTER_S) < _TOLD_AGAIN_AFTER_S:
            return
        self._told[address] = now
        self._told.move_to_end(address)
        if len(self._told) > _TOLD_MAX:
            self._told.popitem(last=False)
        log.warning("Turned away a Wyoming client at %s: its network is not in wyoming.allow", address)


@lru_cache(maxsize=256)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
