"""Looking up a server's name without holding up the end of the process."""

import socket
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from voxd.lib.threads import in_daemon_thread


class Resolver(AbstractResolver):
    """The system's own way, in a thread that nobody waits for when we leave."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises OSError."""
        found = await in_daemon_thread(
            lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM), f"address of {host}"
        )
        return [_result(host, port, *each) for each in found]

    async def close(self) -> None:
        """Nothing is held."""


def _result(host: str, port: int, family: int, _: int, proto: int, __: str, address: Any) -> ResolveResult:
    """A link-local IPv6 address keeps the interface that it holds for."""
    numeric, _port = socket.getnameinfo(address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=numeric, port=port, family=family, proto=proto, flags=flags)
