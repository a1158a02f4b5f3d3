"""The HTTP frontend: a port, and uvicorn's protocol on each connection, in our own loop."""

import asyncio
import logging
import math
import socket
from collections.abc import Callable, Sequence

from fastapi import APIRouter
from uvicorn.config import Config
from uvicorn.server import ServerState

from voxd.errors import VoxdError
from voxd.frontends.http.addresses import Addresses
from voxd.frontends.http.app import application
from voxd.frontends.http.doorkeeper import Doorkeeper
from voxd.frontends.http.guard import Guard, Noting
from voxd.frontends.http.line import Line
from voxd.frontends.http.seats import Seats
from voxd.frontends.http.socket_line import socket_line
from voxd.frontends.http.tokens import Tokens
from voxd.frontends.http.visitors import Visitors
from voxd.frontends.limit import Limit
from voxd.lib.lasting_sockets import LastingSockets
from voxd.lib.os_errors import in_words
from voxd.settings.http import HttpSettings
from voxd.wire.wyoming.listening import listening

log = logging.getLogger(__name__)

NEARLY_DONE_S = 0.5
GONE_S = 0.5
_TEND_EVERY_S = 1.0
_UNHEALTHY_AFTER_S = 10.0
_HEAD_MAX_BYTES = 32 * 1024
_WEBSOCKET_MAX_BYTES = 64 * 1024


class HttpFrontend:
    """Serves what `routers` answer, to whom the settings let in."""

    name = "http"

    def __init__(
        self,
        settings: HttpSettings,
        routers: Sequence[APIRouter],
        version: str,
        lasting: LastingSockets | None = None,
        begin: Callable[[], Callable[[], None]] = lambda: lambda: None,
        note: Noting = lambda *_: None,
    ) -> None:
        """`begin` is called when the door opens, what it gives when it is closed; `note` at every answer."""
        self._settings = settings
        self._routers = routers
        self._version = version
        self._lasting = lasting
        self._begin = begin
        self._note = note
        self._end: Callable[[], None] = lambda: None
        self._tokens = Tokens(settings.tokens)
        self._state = ServerState()
        self._sockets: tuple[socket.socket, ...] = ()
        self._doorkeeper: Doorkeeper | None = None
        self._limit = Limit(settings.rate, "request", "http.rate", lambda _, reason: log.warning("%s", reason))
        self._tended_at = 0.0
        self.port = settings.port
        """The port that clients find us at, once started."""

    @property
    def healthy(self) -> bool:
        """Whether its loops are alive."""
        return asyncio.get_running_loop().time() - self._tended_at < _UNHEALTHY_AFTER_S

    async def start(self) -> None:
        """Open the door; clients may come at once, and are served by `run`. Raises VoxdError."""
        self._tokens.read()
        host, port = self._settings.host, self._settings.port
        try:
            self._sockets = await listening(host, port, self._lasting)
        except OSError as error:
            raise VoxdError(
                f"The HTTP frontend cannot listen on {host}:{port} ({in_words(error)}): set http.host to an address of "
                "this machine and http.port to a port that nobody else uses"
            ) from error
        self.port = self._sockets[0].getsockname()[1]
        self._end = self._begin()
        self._tended_at = asyncio.get_running_loop().time()

    def reread(self) -> None:
        """Take over a changed token. Raises VoxdError, and nothing changes."""
        self._tokens.read()

    async def run(self) -> None:
        """Serve until cancelled."""
        loop = asyncio.get_running_loop()
        seats = Seats(self._settings.max_connections, self._settings.max_connections_per_address)
        config = self._config(self._guard(seats))
        try:
            self._doorkeeper = Doorkeeper(self._sockets, lambda: Line(config, self._state, self._settings, seats))
            self._doorkeeper.open()
            while True:
                self._tended_at = loop.time()
                await asyncio.sleep(_TEND_EVERY_S)
        finally:
            self._close()

    async def stop(self) -> None:
        """Take nobody new, let answers come to their end that are nearly there, and close."""
        self._close_sockets()
        for line in tuple(self._state.connections):
            line.shutdown()
        if self._state.tasks:
            await asyncio.wait(tuple(self._state.tasks), timeout=NEARLY_DONE_S)
        self._close()
        if self._state.tasks:
            await asyncio.wait(tuple(self._state.tasks), timeout=GONE_S)
        self._limit.close()
        self._end()
        self._end = lambda: None

    def _guard(self, seats: Seats) -> Guard:
        settings = self._settings
        app = application(self._routers, self._version)
        return Guard(app, Visitors(settings, self._tokens), Addresses(settings.names), self._limit, seats, self._note)

    def _config(self, guard: Guard) -> Config:
        """Uvicorn's, with nothing of its own for what we look after: signals, logs, proxies."""
        config = Config(
            guard,
            loop="none",
            http=Line,
            ws=socket_line(self._settings.write_timeout_s),
            ws_max_size=_WEBSOCKET_MAX_BYTES,
            ws_per_message_deflate=False,
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level=logging.CRITICAL,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=math.ceil(self._settings.head_timeout_s),
            h11_max_incomplete_event_size=_HEAD_MAX_BYTES,
        )
        config.load()
        return config

    def _close(self) -> None:
        """Close everything at once."""
        self._close_sockets()
        for line in tuple(self._state.connections):
            line.transport.abort()
        for answering in tuple(self._state.tasks):
            answering.cancel()

    def _close_sockets(self) -> None:
        if self._doorkeeper is not None:
            self._doorkeeper.close()
        for one in self._sockets:
            one.close()
