"""A Wyoming port: who comes in, how many at once, and the end of their patience and ours."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from voxd.errors import BusyError, VoxdError
from voxd.frontends.limit import Limit
from voxd.frontends.wyoming.credentials import Credentials
from voxd.frontends.wyoming.crowd import Crowd
from voxd.frontends.wyoming.gate import Gate
from voxd.frontends.wyoming.guests import Guests, IpAddress, address_of
from voxd.lib import descriptors
from voxd.lib.lasting_sockets import LastingSockets
from voxd.lib.os_errors import in_words
from voxd.settings import WyomingSettings
from voxd.settings.section import RateSettings
from voxd.wire.wyoming.connection import Connection, Listener
from voxd.wire.wyoming.listening import BACKLOG, listening
from voxd.wire.wyoming.patience import Patience
from voxd.wire.wyoming.tls import FirstByte, Handshakes

log = logging.getLogger(__name__)

AT_ONCE = 32
"""So many clients are let in, or sent away, before others get their turn; asyncio takes the backlog for that number."""
DOORS = 2
"""So many may be open, each with as many connections as the settings say."""
OTHER_FILES = 1024
"""So many files the rest of the daemon may have open, which is what systems allow by themselves."""
_UNHEALTHY_AFTER_S = 10.0
_STOP_S = 1.0
_JUST_COME_S = 0.1
"""So long after a client's arrival its first request may still be on the way."""
_TURNS_TO_COME_IN = 3
"""asyncio takes so many turns of its loop between accepting a client and telling us."""


@dataclass(frozen=True, slots=True)
class Doorplate:
    """What its owner knows a door by: its name, the section of the settings with its host, port and rate; and those.

    `thing` is what clients ask for there, in one word.
    """

    name: str
    section: str
    host: str
    port: int
    rate: RateSettings
    thing: str = "text"


class Door:
    """Takes connections from allowed networks, as many at a time as the settings say.

    `listener_for` is asked who listens to each; `payload_max_bytes` is the longest payload that is taken. Its sockets
    outlast it where it is given `lasting` ones.
    """

    def __init__(
        self,
        plate: Doorplate,
        settings: WyomingSettings,
        listener_for: Callable[[Connection], Listener],
        payload_max_bytes: int = 0,
        patience: Patience | None = None,
        lasting: LastingSockets | None = None,
    ) -> None:
        self._plate = plate
        self._lasting = lasting
        self._settings = settings
        self._listener_for = listener_for
        self._payload_max_bytes = payload_max_bytes
        self._patience = patience or Patience()
        self._guests = Guests(settings.allow)
        self._limit = Limit(
            plate.rate, plate.thing, f"{plate.section}.rate", lambda _, reason: log.warning("%s", reason)
        )
        self._sockets: tuple[socket.socket, ...] = ()
        self._servers: list[asyncio.Server] = []
        self._crowd = Crowd(settings.max_connections, settings.max_connections_per_address)
        self._credentials = Credentials(settings)
        self._handshakes = Handshakes(self._credentials.tls_context, self._patience.handshake_s)
        self._group: asyncio.TaskGroup | None = None
        self._answers: set[asyncio.Task[None]] = set()
        self._all_gone = asyncio.Event()
        self._tended_at = self._came_at = 0.0
        self.port = plate.port
        """The port that clients find us at, once started."""

    @property
    def healthy(self) -> bool:
        """Whether its loops are alive."""
        return asyncio.get_running_loop().time() - self._tended_at < _UNHEALTHY_AFTER_S

    @property
    def connections(self) -> Mapping[Connection, Listener]:
        """Whoever is inside, and who listens to them."""
        return self._crowd.present

    async def start(self) -> None:
        """Open the door; clients may come at once, and are served by `run`. Raises VoxdError."""
        self._credentials.read()
        if not descriptors.allow(OTHER_FILES + DOORS * self._settings.max_connections):
            log.warning(
                "The system lets voxd have fewer files open than %d connections need (wyoming.max_connections): "
                "a crowd could keep it from speaking; raise its limit (LimitNOFILE), or lower that",
                self._settings.max_connections,
            )
        host, port = self._plate.host, self._plate.port
        try:
            self._sockets = await listening(host, port, self._lasting)
        except OSError as error:
            text = (
                f"The {self._plate.name} frontend cannot listen on {host}:{port} ({in_words(error)}): {self._advice()}"
            )
            raise VoxdError(text) from error
        self.port = self._sockets[0].getsockname()[1]
        self._tended_at = asyncio.get_running_loop().time()

    def reread(self) -> None:
        """Take over a renewed certificate or token; whoever is inside stays. Raises VoxdError, and nothing changes."""
        self._credentials.read()

    async def run(self) -> None:
        """Serve until cancelled."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as self._group:
            try:
                for one in self._sockets:
                    self._servers.append(await loop.create_server(self._connection, sock=one, backlog=AT_ONCE))
                    one.listen(BACKLOG)
                await self._tend()
            finally:
                self._close_sockets()
                for connection in self._crowd.connected:
                    connection.abort()

    async def stop(self) -> None:
        """Take nobody new, let the clients hear the end of what is nearly done, and close."""
        self._close_sockets()
        await self._hear_who_just_came()
        if self._answers:
            await asyncio.wait(self._answers, timeout=_STOP_S / 2)
        self._limit.close()
        for connection in self._crowd.connected:
            connection.close()
        if self._crowd.connected:
            self._all_gone.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_gone.wait(), _STOP_S / 2)

    def spawned(self, answering: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Begin what answers a client; `stop` lets it end where it is nearly done, and nothing outlives `run`."""
        assert self._group is not None
        answer = self._group.create_task(answering, name=f"{self._plate.section} answer")
        self._answers.add(answer)
        answer.add_done_callback(self._answers.discard)
        return answer

    def count(self, connection: Connection) -> None:
        """Count something that a client asks for. Raises BusyError if it is one too many of its address."""
        address = str(address_of(connection.peer))
        if self._limit.allows(address):
            return
        if first := self._limit.turn_away(address):
            log.warning("%s: %s", self._plate.name, first)
        bound = f"{self._plate.rate.per_s:g} {self._plate.thing}s a second ({self._plate.section}.rate)"
        raise BusyError(f"More than {bound}; try again later")

    def admitted(self, connection: Connection) -> Listener | None:
        """See Host: clients from allowed networks come in; for a new one the longest idle has to leave."""
        address = address_of(connection.peer)
        if address is None or not self._guests.welcome(address):
            return None
        self._crowd.make_room(str(address))
        listener = self._gate(connection, address)
        self._crowd.come(connection, str(address), listener)
        self._came_at = asyncio.get_running_loop().time()
        return listener

    def gone(self, connection: Connection) -> None:
        """See Host."""
        self._crowd.gone(connection)
        if not self._crowd.connected:
            self._all_gone.set()

    async def _hear_who_just_came(self) -> None:
        """Whoever comes from now on waits for the next door; who was let in a moment ago has asked this one."""
        for _ in range(_TURNS_TO_COME_IN):
            await asyncio.sleep(0)
        if asyncio.get_running_loop().time() - self._came_at < _JUST_COME_S:
            await asyncio.sleep(_JUST_COME_S)

    def _gate(self, connection: Connection, address: IpAddress) -> Gate:
        knows = None if address.is_loopback else self._credentials.token_check
        return Gate(connection, self._listener_for(connection), knows, lambda why: self._guests.tell(address, why))

    def _connection(self) -> asyncio.Protocol:
        connection = Connection(self, self._patience, self._payload_max_bytes)
        return FirstByte(connection, self._handshakes) if self._credentials.has_tls else connection

    def _advice(self) -> str:
        """What to do about an address that cannot be listened on."""
        section = self._plate.section
        if self._lasting is not None and (unit := self._lasting.unit_on(self._plate.port)):
            return f"{unit} has that port at another address; `systemctl edit {unit}`, or change {section}.host"
        return f"set {section}.host to an address of this machine and {section}.port to a port that nobody else uses"

    async def _tend(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            for number, connection in enumerate(self._crowd.connected):
                if number % AT_ONCE == 0:
                    await asyncio.sleep(0)
                connection.tend(loop.time())
            self._tended_at = loop.time()
            await asyncio.sleep(self._patience.tend_every_s)

    def _close_sockets(self) -> None:
        for server in self._servers:
            server.close()
        for one in self._sockets:
            one.close()
