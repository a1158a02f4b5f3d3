"""Lets clients in, one after the other and no more a second than the house can bear beside its own work."""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence

from voxd.lib.os_errors import in_words
from voxd.lib.rates import Rates

log = logging.getLogger(__name__)

PER_S, AT_ONCE = 100.0, 16
"""A handshake takes milliseconds of the loop that announcements go through, too; who comes later waits at the door."""
LOOK_AGAIN_S = 1.0
"""Where nobody can be let in: there are too many open files."""


class Doorkeeper:
    """Stands at listening sockets; every client that is let in gets a protocol of its own."""

    def __init__(self, sockets: Sequence[socket.socket], protocol: Callable[[], asyncio.Protocol]) -> None:
        self._sockets = sockets
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._pace = Rates(PER_S, AT_ONCE, self._loop.time)
        self._coming: set[asyncio.Task[object]] = set()
        self._waiting: dict[socket.socket, asyncio.TimerHandle] = {}

    def open(self) -> None:
        """Let them in from now on."""
        for one in self._sockets:
            self._watch(one)

    def close(self) -> None:
        """Let nobody in any more; again is harmless."""
        for one in self._sockets:
            self._loop.remove_reader(one)
        for timer in self._waiting.values():
            timer.cancel()
        self._sockets = ()

    def _watch(self, one: socket.socket) -> None:
        self._loop.add_reader(one, self._let_in, one)

    def _wait(self, one: socket.socket, for_s: float) -> None:
        self._loop.remove_reader(one)
        self._waiting[one] = self._loop.call_later(for_s, self._watch, one)

    def _let_in(self, one: socket.socket) -> None:
        """Whoever stands first at that door."""
        if not self._pace.allow("door"):
            self._wait(one, 1 / PER_S)
            return
        try:
            client, _ = one.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # it has left
        except OSError as error:
            log.warning("No HTTP client can be let in: %s", in_words(error))
            self._wait(one, LOOK_AGAIN_S)
            return
        client.setblocking(False)
        coming = self._loop.create_task(
            self._loop.connect_accepted_socket(self._protocol, client), name="HTTP client coming in"
        )
        self._coming.add(coming)
        coming.add_done_callback(self._coming.discard)
