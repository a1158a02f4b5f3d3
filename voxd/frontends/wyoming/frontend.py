"""The Wyoming frontend: its door, its clients, and the end of their patience and ours."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Coroutine
from operator import itemgetter
from typing import Any

from voxd.errors import BusyError, VoxdError
from voxd.frontends.house import Renderer
from voxd.frontends.limit import Limit
from voxd.frontends.wyoming.conversation import Conversation
from voxd.frontends.wyoming.guests import Guests
from voxd.frontends.wyoming.program import Program
from voxd.lib.os_errors import in_words
from voxd.settings import WyomingSettings
from voxd.wire.wyoming.connection import Connection
from voxd.wire.wyoming.listening import BACKLOG, listening
from voxd.wire.wyoming.patience import Patience

log = logging.getLogger(__name__)

_UNHEALTHY_AFTER_S = 10.0
_STOP_S = 1.0


class WyomingFrontend:
    """Speaks for whoever connects from an allowed network, as many at a time as the settings say."""

    name = "wyoming"

    def __init__(
        self, settings: WyomingSettings, renderer: Renderer, version: str, patience: Patience | None = None
    ) -> None:
        self._settings = settings
        self._renderer = renderer
        self._program = Program(renderer, version)
        self._patience = patience or Patience()
        self._guests = Guests(settings.allow)
        self._limit = Limit(settings.rate, "text", "wyoming.rate", lambda _, reason: log.warning("%s", reason))
        self._sockets: tuple[socket.socket, ...] = ()
        self._servers: list[asyncio.Server] = []
        self._connections: dict[Connection, Conversation] = {}
        self._group: asyncio.TaskGroup | None = None
        self._answers: set[asyncio.Task[None]] = set()
        self._all_gone = asyncio.Event()
        self._tended_at = 0.0
        self.port = settings.port
        """The port that clients find us at, once started."""

    @property
    def healthy(self) -> bool:
        """Whether its loops are alive."""
        return asyncio.get_running_loop().time() - self._tended_at < _UNHEALTHY_AFTER_S

    async def start(self) -> None:
        """Open the door; clients may come at once, and are served by `run`. Raises VoxdError."""
        host, port = self._settings.host, self._settings.port
        try:
            self._sockets = await listening(host, port)
        except OSError as error:
            raise VoxdError(
                f"The Wyoming frontend cannot listen on {host}:{port} ({in_words(error)}): set wyoming.host "
                "to an address of this machine and wyoming.port to a port that nobody else uses"
            ) from error
        self.port = self._sockets[0].getsockname()[1]
        self._tended_at = asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Serve until cancelled."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as self._group:
            try:
                for one in self._sockets:
                    self._servers.append(await loop.create_server(self._connection, sock=one, backlog=BACKLOG))
                await self._tend()
            finally:
                self._close_door()
                for connection in tuple(self._connections):
                    connection.abort()

    async def stop(self) -> None:
        """Take nobody new, let the clients hear the end of what is nearly done, and close."""
        self._close_door()
        if self._answers:
            await asyncio.wait(self._answers, timeout=_STOP_S / 2)
        self._limit.close()
        for connection in tuple(self._connections):
            connection.close()
        if self._connections:
            self._all_gone.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_gone.wait(), _STOP_S / 2)

    def admitted(self, connection: Connection) -> Conversation | None:
        """See Host: clients from allowed networks come in; for a new one the longest idle has to leave."""
        if not self._guests.welcome(connection.peer):
            return None
        if len(self._connections) >= self._settings.max_connections:
            self._make_room()
        conversation = Conversation(
            connection,
            self._program,
            self._renderer,
            self._spawned,
            self._settings.max_text_chars,
            lambda: self._admit(self._guests.name(connection.peer)),
        )
        self._connections[connection] = conversation
        return conversation

    def gone(self, connection: Connection) -> None:
        """See Host."""
        self._connections.pop(connection, None)
        if not self._connections:
            self._all_gone.set()

    def _connection(self) -> Connection:
        return Connection(self, self._patience, payload_max_bytes=0)

    def _spawned(self, answering: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        assert self._group is not None
        answer = self._group.create_task(answering, name="wyoming answer")
        self._answers.add(answer)
        answer.add_done_callback(self._answers.discard)
        return answer

    def _admit(self, address: str) -> None:
        """Count a text of a client there. Raises BusyError if it is one too many."""
        if self._limit.allows(address):
            return
        if first := self._limit.turn_away(address):
            log.warning("Wyoming: %s", first)
        raise BusyError(f"More than {self._settings.rate.per_s:g} texts a second (wyoming.rate); try again later")

    def _make_room(self) -> None:
        """Send the longest idle away. Raises BusyError if nobody is."""
        idle = ((since, one) for one in self._connections if (since := one.idle_since) is not None)
        _, longest = min(idle, key=itemgetter(0), default=(0.0, None))
        if longest is None:
            raise BusyError(f"All {self._settings.max_connections} connections are at work (wyoming.max_connections)")
        del self._connections[longest]
        longest.close()

    async def _tend(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._tended_at = loop.time()
            for connection in tuple(self._connections):
                connection.tend(self._tended_at)
            await asyncio.sleep(self._patience.tend_every_s)

    def _close_door(self) -> None:
        for server in self._servers:
            server.close()
        for one in self._sockets:
            one.close()
