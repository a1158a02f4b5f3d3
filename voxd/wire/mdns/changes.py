"""When this machine's addresses change: what the kernel tells of it (rtnetlink(7))."""

import asyncio
import socket
from contextlib import suppress
from typing import Self

SETTLE_S = 2.0
"""A change seldom comes alone, and a new IPv6 address is not in use before nobody else has claimed it."""
_GROUPS = 0x1 | 0x10 | 0x100  # RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR
_READ_BYTES = 64 * 1024


class AddressChanges:
    """Waits for them; where the kernel tells nothing, for the longest time. A context manager."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        made = None
        try:
            made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
            made.bind((0, _GROUPS))
        except OSError:  # a container or a unit that does not allow it
            if made is not None:
                made.close()
        else:
            self._socket = made
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()

    async def wait(self, longest_s: float) -> None:
        """Until there is something new and all has settled, or for that long."""
        if self._socket is None:
            await asyncio.sleep(longest_s)
            return
        loop = asyncio.get_running_loop()
        told = asyncio.Event()
        loop.add_reader(self._socket, told.set)
        try:
            async with asyncio.timeout(longest_s):
                await told.wait()
        except TimeoutError:
            return
        finally:
            loop.remove_reader(self._socket)
        await asyncio.sleep(SETTLE_S)
        with suppress(OSError):  # nothing more, or more than the kernel has kept for us
            while self._socket.recv(_READ_BYTES):
                pass
