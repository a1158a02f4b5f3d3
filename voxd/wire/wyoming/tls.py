"""TLS on the port that plain clients use, too: the first byte of a connection tells.

A ClientHello begins with the byte 22 (RFC 8446, 5.1), an event with a brace. asyncio's own start_tls wants nothing to
have been read before, so the handshake is done here, in memory and without a task.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable
from typing import Any

from voxd.wire.wyoming.connection import Connection

log = logging.getLogger(__name__)

HANDSHAKE_BYTE = 0x16
HANDSHAKES_MAX = 32
"""So many may be under way; for one more the oldest is given up."""
_READ_BYTES = 64 * 1024


class Handshakes:
    """Those under way at one door; each has `timeout_s`. `context` gives the certificate in force."""

    def __init__(self, context: Callable[[], ssl.SSLContext], timeout_s: float) -> None:
        self.context = context
        self._timeout_s = timeout_s
        self._timers: dict[TlsWire, asyncio.TimerHandle] = {}

    def begun(self, wire: "TlsWire") -> None:
        """One more."""
        if len(self._timers) >= HANDSHAKES_MAX:
            oldest = next(iter(self._timers))
            self.ended(oldest)
            oldest.abort()
        self._timers[wire] = asyncio.get_running_loop().call_later(self._timeout_s, wire.abort)

    def ended(self, wire: "TlsWire") -> None:
        """One less, whatever became of it."""
        if (timer := self._timers.pop(wire, None)) is not None:
            timer.cancel()


class FirstByte(asyncio.Protocol):
    """Stands before a connection until it is known whether its client speaks TLS."""

    def __init__(self, connection: Connection, handshakes: Handshakes) -> None:
        self._connection = connection
        self._handshakes = handshakes
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connection.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        following: asyncio.Protocol = self._connection
        if data[0] == HANDSHAKE_BYTE and not self._connection.ended:
            following = TlsWire(self._transport, self._connection, self._handshakes)
        self._transport.set_protocol(following)
        following.data_received(data)

    def eof_received(self) -> bool:
        """See asyncio.Protocol."""
        return self._connection.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._connection.connection_lost(exc)

    def pause_writing(self) -> None:
        """See asyncio.Protocol."""
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        self._connection.resume_writing()


class TlsWire(asyncio.Transport, asyncio.Protocol):
    """A connection's transport, and its own transport's protocol: what passes between is encrypted."""

    def __init__(self, transport: asyncio.Transport, connection: Connection, handshakes: Handshakes) -> None:
        super().__init__()
        self._transport = transport
        self._connection = connection
        self._handshakes = handshakes
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = handshakes.context().wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._established = False
        self._closing = False
        self._paused = False
        connection.secured(self)
        handshakes.begun(self)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self._closing:
            self._connection.data_received(data)  # which throws it away, and counts how much
            return
        self._incoming.write(data)
        self._go_on()

    def eof_received(self) -> bool:
        """See asyncio.Protocol."""
        return self._connection.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._closing = True
        self._handshakes.ended(self)
        self._connection.connection_lost(exc)

    def pause_writing(self) -> None:
        """See asyncio.Protocol."""
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        self._connection.resume_writing()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """See asyncio.Transport; before the handshake is done nothing can be said."""
        if not self._established or self._closing:
            return
        rest = memoryview(data)
        while rest:
            rest = rest[self._tls.write(rest) :]
        self._flush()

    def write_eof(self) -> None:
        """See asyncio.Transport."""
        self._say_goodbye()
        self._transport.write_eof()

    def close(self) -> None:
        """See asyncio.Transport."""
        self._say_goodbye()
        self._transport.close()

    def abort(self) -> None:
        """See asyncio.Transport."""
        self._closing = True
        self._transport.abort()

    def is_closing(self) -> bool:
        """See asyncio.Transport."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """See asyncio.Transport."""
        self._paused = True
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """See asyncio.Transport."""
        if self._paused:
            self._paused = False
            asyncio.get_running_loop().call_soon(self._go_on)
        self._transport.resume_reading()

    def get_write_buffer_size(self) -> int:
        """See asyncio.Transport."""
        return self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """See asyncio.Transport."""
        return self._transport.get_extra_info(name, default)

    def _go_on(self) -> None:
        """Do with what has come what can be done."""
        try:
            if not self._established:
                self._tls.do_handshake()
                self._established = True
                self._handshakes.ended(self)
            while not (self._paused or self._closing):
                self._give(self._tls.read(_READ_BYTES))
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            log.debug("A TLS client was lost: %s", error)
            self._flush()  # the alert that tells it why
            self._closing = True
            self._transport.close()

    def _give(self, data: bytes) -> None:
        if data:
            self._connection.data_received(data)
        else:  # the client has said goodbye
            self._connection.eof_received()
            self.close()

    def _say_goodbye(self) -> None:
        if self._established and not self._closing:
            with contextlib.suppress(ssl.SSLError):  # it wants the client's own goodbye, for which we do not wait
                self._tls.unwrap()
            self._flush()
        self._closing = True

    def _flush(self) -> None:
        if data := self._outgoing.read():
            self._transport.write(data)
