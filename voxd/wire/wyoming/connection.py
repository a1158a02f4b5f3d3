"""The server's end of one Wyoming connection, tcp or unix: bounded, timed, and without a task of its own."""

import asyncio
from typing import Any, Protocol

from wyoming.event import Event

from voxd.errors import ProtocolError, VoxdError
from voxd.wire.wyoming.decoder import EventDecoder
from voxd.wire.wyoming.frames import error_frame
from voxd.wire.wyoming.kernel import forget_unsent, unacknowledged_bytes
from voxd.wire.wyoming.patience import Pace, Patience

_EVENTS_A_TURN = 32
"""So many events of one client are heard before others get their turn."""
_DISCARDED_MAX_BYTES = 256 * 1024
"""So much is still read, and thrown away, from a client that was told goodbye."""


class Listener(Protocol):
    """Who a connection's events are for."""

    def heard(self, event: Event) -> None:
        """Take an event; must not block. A VoxdError is answered as `error`, and ends the connection."""

    def left(self) -> None:
        """The connection ends: whatever is still done for it is for nobody. Called once."""

    @property
    def busy(self) -> bool:
        """Whether something that the client asked for is not done."""

    @property
    def midway(self) -> bool:
        """Whether the client has begun something and has to go on."""


class Host(Protocol):
    """Who decides about connections."""

    def admitted(self, connection: "Connection") -> Listener | None:
        """Who listens to a new connection; None closes it without a word, a VoxdError is said first."""

    def gone(self, connection: "Connection") -> None:
        """An admitted connection is closed."""


class Connection(asyncio.Protocol):
    """One client's connection; `payload_max_bytes` is the longest payload taken from it."""

    def __init__(self, host: Host, patience: Patience, payload_max_bytes: int) -> None:
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._pace = Pace(patience, self._loop.time())
        self._decoder = EventDecoder(payload_max_bytes)
        self._transport: asyncio.Transport
        self._listener: Listener | None = None
        self._full: asyncio.Event | None = None
        self._turn_due = False
        self._ended_at: float | None = None
        self._discarded_bytes = 0
        self._written_bytes = 0
        self._taken_bytes = 0

    @property
    def peer(self) -> Any:
        """The client's address as the socket gives it."""
        return self._transport.get_extra_info("peername")

    @property
    def idle_since(self) -> float | None:
        """Since when (in the loop's time) it is the client's turn to go on; None while it is ours."""
        ours = self._listener is not None and self._listener.busy and not self._listener.midway
        return None if ours or self._transport.get_write_buffer_size() else self._pace.quiet_since

    @property
    def ended(self) -> bool:
        """Whether what is said from now on is heard by nobody."""
        return self._ended_at is not None

    def secured(self, transport: asyncio.Transport) -> None:
        """From now on everything goes by way of this transport."""
        self._transport = transport

    def write(self, frames: bytes) -> None:
        """Send whole events; what is written after the end is dropped."""
        if self._ended_at is None:
            self._written_bytes += len(frames)
            self._transport.write(frames)

    async def room(self) -> None:
        """Wait until the client has taken nearly all that was written; the connection's own clock bounds it."""
        if self._full is not None:
            await self._full.wait()

    def fail(self, error: VoxdError, last: bytes = b"") -> None:
        """Say what is wrong, then `last`, and close."""
        if self._ended_at is not None:
            return
        self.write(error_frame(error) + last)
        self._transport.write_eof()
        self._end()
        self._transport.resume_reading()

    def close(self) -> None:
        """Close as soon as everything written is sent."""
        self._transport.close()
        self._end()

    def abort(self) -> None:
        """Close now."""
        self._transport.abort()
        self._end()

    def tend(self, now: float) -> None:
        """Give up on a client that keeps us waiting too long; to be called every `tend_every_s`."""
        if self._listener is None:
            return
        unsent_bytes = self._untaken_bytes()
        if self._pace.stuck(now, self._written_bytes - unsent_bytes, unsent_bytes, self._ended_at):
            forget_unsent(self._transport.get_extra_info("socket"))
            self.abort()
        elif self._ended_at is None and (reason := self._overdue(now)):
            self.fail(ProtocolError(reason))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        try:
            self._listener = self._host.admitted(self)
        except VoxdError as error:
            self.write(error_frame(error))
        if self._listener is None:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - how it was lost makes no difference
        """See asyncio.Protocol."""
        self._end()
        if self._listener is not None:
            self._host.gone(self)
            self._listener = None  # which knows us: a crowd that leaves would stay in memory for a while

    def eof_received(self) -> bool:
        """See asyncio.Protocol: a client that closes its end has left."""
        self._end()
        return False

    def pause_writing(self) -> None:
        """See asyncio.Protocol."""
        self._full = self._full or asyncio.Event()

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        if self._full is not None:
            self._full.set()
            self._full = None
        self._turn()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self._ended_at is not None:
            self._discard(len(data))
            return
        if not self._decoder.partial:
            self._pace.begun(self._loop.time())
        self._decoder.feed(data)
        self._turn()

    def _turn(self) -> None:
        """Hear some of what has come; read on only when all of it was heard."""
        self._turn_due = False
        try:
            all_heard = self._hear()
        except VoxdError as error:
            self.fail(error)
            return
        if self._ended_at is not None:
            return
        if all_heard:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _hear(self) -> bool:
        for _ in range(_EVENTS_A_TURN):
            if self._ended_at is not None or self._full is not None:
                return False
            if (event := self._decoder.next()) is None:
                return True
            self._pace.heard(self._loop.time())
            assert self._listener is not None
            self._listener.heard(event)
        if not self._turn_due:
            self._turn_due = True
            self._loop.call_soon(self._turn)
        return False

    def _discard(self, count: int) -> None:
        self._discarded_bytes += count
        if self._discarded_bytes > _DISCARDED_MAX_BYTES:
            self.abort()

    def _end(self) -> None:
        if self._ended_at is None:
            self._ended_at = self._loop.time()
            if self._listener is not None:
                self._listener.left()

    def _untaken_bytes(self) -> int:
        """What was written and has not reached the client: megabytes of it may be the kernel's, where nobody reads."""
        waiting_bytes = self._transport.get_write_buffer_size()
        if self._taken_bytes < self._written_bytes:
            waiting_bytes += unacknowledged_bytes(self._transport.get_extra_info("socket"))
            self._taken_bytes = self._written_bytes - waiting_bytes
        return waiting_bytes

    def _overdue(self, now: float) -> str:
        """What the client should have done by now, in a sentence; empty if it is in time."""
        assert self._listener is not None
        partial = self._decoder.partial and self._full is None
        return self._pace.event_overdue(now, partial=partial) or self._pace.request_overdue(
            now, busy=self._listener.busy, midway=self._listener.midway
        )
