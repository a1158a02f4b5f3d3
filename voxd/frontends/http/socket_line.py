"""One WebSocket of uvicorn's, with an end to our patience: for what it does not take, and for what it sends at once."""

import asyncio
import socket
from contextlib import suppress
from typing import cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

PIECE_BYTES = 4096
"""So much of what came is read before others get their turn: that may be hundreds of frames."""
WAITING_MAX = 64
"""With so many frames waiting to be heard, nothing more is read."""
LOOK_AGAIN_S = 0.005


class SocketLine(WebSocketsSansIOProtocol):
    """Whoever does not take what is sent within `write_timeout_s` loses the connection, and what is unsent."""

    write_timeout_s = 30.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        super().connection_made(transport)
        self._unread = bytearray()
        self._is_due = False
        self._writing: asyncio.TimerHandle | None = None
        _give_up_after(cast("asyncio.Transport", transport), self.write_timeout_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        super().connection_lost(exc)
        self._unread.clear()
        self._stop_watching()

    def data_received(self, data: bytes) -> None:
        """Read a little, and the rest when it is its turn."""
        self._unread += data
        if not self._is_due:
            self._read()

    def pause_writing(self) -> None:
        """The other side does not read as fast as we write."""
        super().pause_writing()
        self._writing = self.loop.call_later(self.write_timeout_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It does again."""
        super().resume_writing()
        self._stop_watching()

    def _read(self) -> None:
        self._is_due = False
        if self.queue.qsize() < WAITING_MAX:
            piece = bytes(self._unread[:PIECE_BYTES])
            del self._unread[:PIECE_BYTES]
            super().data_received(piece)
        if self._unread and not self.transport.is_closing():
            self._is_due = True
            self.loop.call_later(LOOK_AGAIN_S if self.queue.qsize() else 0.0, self._read)

    def _stop_watching(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None


def socket_line(write_timeout_s: float) -> type[SocketLine]:
    """The kind of line that has that much patience; uvicorn makes the lines themselves."""
    return type("SocketLine", (SocketLine,), {"write_timeout_s": write_timeout_s})


def _give_up_after(transport: asyncio.Transport, timeout_s: float) -> None:
    """Have the system end it, too, where nothing is taken any more: nobody watches a transport that is closing."""
    with suppress(OSError, AttributeError):
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(1000 * timeout_s))
