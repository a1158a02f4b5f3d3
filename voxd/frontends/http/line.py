"""One connection of uvicorn's, with an end to our patience: for its head, for what it does not read, for its number."""

import asyncio
import json
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from voxd.frontends.http.seats import Seats
from voxd.settings.http import HttpSettings

LINGER_S = 2.0
LINGER_BYTES = 1024 * 1024
"""So long, and so much, is read of a request that was refused before its end: its sender may not listen before."""
_CROWDED = {"error": "All connections are at work; try again later", "code": "busy"}


class Line(H11Protocol):
    """Takes a seat; whoever does not send a whole head in time, or does not take the answer, loses it."""

    def __init__(self, config: Config, state: ServerState, settings: HttpSettings, seats: Seats) -> None:
        super().__init__(config, state, {})
        self._settings = settings
        self._seats = seats
        self._head: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._linger: asyncio.TimerHandle | None = None
        self._lingered = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a seat, or be sent away."""
        super().connection_made(transport)
        if not self._seats.take(self, self.client[0] if self.client else ""):
            transport.write(_refusal(503, _CROWDED))
            transport.close()
            return
        self._seats.idle(self)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the seat up."""
        super().connection_lost(exc)
        self._give_up_seat()

    def data_received(self, data: bytes) -> None:
        """Serve; of what was refused before its end a little more is read: its sender may use the connection again."""
        if self._linger is not None and not self._may_linger(len(data)):
            self.transport.abort()
            return
        super().data_received(data)
        self._end_lingering()
        if self.transport.get_protocol() is not self:  # it is a WebSocket now, which has a seat of its own
            self._give_up_seat()
        elif self._is_asked:
            self._cancel_head()
            self._seats.busy(self)
        else:
            self._wait_for_head()

    def on_response_complete(self) -> None:
        """Wait for the next request; of one that was answered before its end only the end."""
        super().on_response_complete()
        if self.transport.is_closing() or self._is_asked:
            return
        if self.conn.their_state is h11.SEND_BODY:
            self._unset_keepalive_if_required()
            self._linger = self.loop.call_later(LINGER_S, self.transport.abort)
        self._seats.idle(self)

    def pause_writing(self) -> None:
        """The other side does not read as fast as we write."""
        super().pause_writing()
        self._writing = self.loop.call_later(self._settings.write_timeout_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It does again."""
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def leave(self) -> None:
        """See Seated."""
        self.transport.close()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own words
        """What is no HTTP gets an answer like every other refusal, if it can be told apart from one under way."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE, h11.ERROR):
            self.transport.write(_refusal(400, {"error": "That is no HTTP request", "code": "bad_request"}))
        self.transport.close()

    def _may_linger(self, more_bytes: int) -> bool:
        self._lingered += more_bytes
        return self._lingered <= LINGER_BYTES

    def _end_lingering(self) -> None:
        """The request that was refused has come to its end."""
        if self._linger is not None and self.conn.their_state is not h11.SEND_BODY:
            self._linger.cancel()
            self._linger, self._lingered = None, 0

    @property
    def _is_asked(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def _wait_for_head(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(self._settings.head_timeout_s, self.transport.abort)

    def _cancel_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _give_up_seat(self) -> None:
        self._seats.give_up(self)
        self._cancel_head()
        for timer in (self._writing, self._linger):
            if timer is not None:
                timer.cancel()


def _refusal(status: int, told: dict[str, Any]) -> bytes:
    body = json.dumps(told).encode()
    reason = {400: "Bad Request", 503: "Service Unavailable"}[status]
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body
