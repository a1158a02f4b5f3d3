"""The sockets that a server listens on."""

import contextlib
import socket

from voxd.lib.threads import in_daemon_thread

BACKLOG = 4096
"""So many clients may wait to be accepted; the kernel allows at most /proc/sys/net/core/somaxconn."""


async def listening(host: str, port: int) -> tuple[socket.socket, ...]:
    """Sockets on every address that `host` stands for, port 0 for any; clients that come already wait there.

    `::` takes IPv4, too; its clients show as ::ffff:a.b.c.d. Raises OSError.
    """
    try:
        found = await in_daemon_thread(
            lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE), "own addresses"
        )
    except UnicodeError:  # from the codec for host names
        raise socket.gaierror(socket.EAI_NONAME, "that is no host name") from None
    with contextlib.ExitStack() as closing:
        opened: list[socket.socket] = []
        for family, _, _, _, address in dict.fromkeys(found):
            chosen = opened[0].getsockname()[1] if opened and not port else port
            opened.append(closing.enter_context(_socket(family, (address[0], chosen, *address[2:]))))
        closing.pop_all()
    return tuple(opened)


def _socket(family: int, address: tuple[object, ...]) -> socket.socket:
    everywhere = address[0] == "::" and socket.has_dualstack_ipv6()
    made = socket.create_server(address, family=family, backlog=BACKLOG, dualstack_ipv6=everywhere)
    made.setblocking(False)
    return made
