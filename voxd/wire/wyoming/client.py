"""The client's end of a Wyoming connection, over tcp or a unix socket."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from wyoming.event import Event

from voxd.errors import ProtocolError
from voxd.wire.wyoming.reader import EventReader


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A server on the network."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A server on this machine."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


Address = TcpAddress | UnixAddress


class UnreachedError(ProtocolError):
    """Nobody took the connection in time."""


class Client:
    """An open connection to a server."""

    def __init__(self, reader: EventReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def peer_pid(self) -> int | None:
        """The process at the other end of a unix socket, as it is numbered here; None where that cannot be told."""
        own: socket.socket = self._writer.get_extra_info("socket")
        if own.family != socket.AF_UNIX:
            return None
        pid, _, _ = struct.unpack("3i", own.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
        return pid or None

    async def send(self, frames: bytes, timeout_s: float) -> None:
        """Send whole events. Raises ProtocolError if they are not taken in time, and OSError."""
        self._writer.write(frames)
        try:
            async with asyncio.timeout(timeout_s):
                await self._writer.drain()
        except TimeoutError:
            raise ProtocolError(f"It took nothing for {timeout_s:g} s") from None

    async def next(self, timeout_s: float) -> Event | None:
        """The next event, None after the last. Raises ProtocolError (see EventReader) and OSError."""
        return await self._reader.next(timeout_s)


@contextlib.asynccontextmanager
async def connected(
    address: Address, timeout_s: float, payload_max_bytes: int, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Client]:
    """A connection to the server at `address`, dropped at once at the end. Raises ProtocolError and OSError.

    With `tls` a server on the network is spoken to by TLS, under the name of its host.
    """
    try:
        async with asyncio.timeout(timeout_s):
            stream, writer = await _opened(address, tls)
    except TimeoutError:
        raise UnreachedError(f"It did not answer within {timeout_s:g} s") from None
    except UnicodeError:  # from the codec for host names
        raise ProtocolError("that is no host name") from None
    try:
        yield Client(EventReader(stream, payload_max_bytes), writer)
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _opened(address: Address, tls: ssl.SSLContext | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    match address:
        case TcpAddress(host, port):
            return await asyncio.open_connection(host, port, ssl=tls)
        case UnixAddress(path):
            return await asyncio.open_unix_connection(path)
