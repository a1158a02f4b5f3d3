"""The sockets that a server listens on."""

import asyncio
import contextlib
import errno
import socket

from voxd.lib.lasting_sockets import LastingSockets
from voxd.lib.threads import in_daemon_thread

BACKLOG = 4096
"""So many clients may wait to be accepted; the kernel allows at most /proc/sys/net/core/somaxconn."""
WAY_MAX_S = 2.0
"""So long systemd may take to close what was in the way."""
_LOOK_EVERY_S = 0.02


async def listening(host: str, port: int, lasting: LastingSockets | None = None) -> tuple[socket.socket, ...]:
    """Sockets on every address that `host` stands for, port 0 for any; clients that come already wait there.

    `::` takes IPv4, too; its clients show as ::ffff:a.b.c.d. Those that `lasting` has are taken, new ones given to it.
    What is accepted there sends at once what it is given. Raises OSError.
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
            here = (address[0], chosen, *address[2:])
            made = _socket(family, here) if lasting is None or not port else await _lasting(family, here, lasting)
            opened.append(closing.enter_context(made))
            # Linux has what is accepted inherit it. asyncio would see to it only for a socket made with its protocol's
            # number, and without it the second of two short answers waits 40 ms for the first to be confirmed.
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        closing.pop_all()
    return tuple(opened)


async def _lasting(family: int, address: tuple[object, ...], lasting: LastingSockets) -> socket.socket:
    """The socket that listens there already, or a new one. Raises OSError."""
    if (there := lasting.take(family, address)) is not None:
        return there
    try:
        return lasting.add(_socket(family, address))
    except OSError as error:
        if error.errno != errno.EADDRINUSE or not lasting.make_way(address[1]):
            raise
    return lasting.add(await _patiently(family, address))


async def _patiently(family: int, address: tuple[object, ...]) -> socket.socket:
    """A new socket where an old one is just being closed. Raises OSError."""
    end = asyncio.get_running_loop().time() + WAY_MAX_S
    while True:
        try:
            return _socket(family, address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or asyncio.get_running_loop().time() > end:
                raise
        await asyncio.sleep(_LOOK_EVERY_S)


def _socket(family: int, address: tuple[object, ...]) -> socket.socket:
    everywhere = address[0] == "::" and socket.has_dualstack_ipv6()
    made = socket.create_server(address, family=family, backlog=BACKLOG, dualstack_ipv6=everywhere)
    made.setblocking(False)
    return made
