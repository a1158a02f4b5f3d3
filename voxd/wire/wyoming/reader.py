"""Events from a stream, tcp or unix, within bounds and in time."""

import asyncio

from wyoming.event import Event

from voxd.errors import ProtocolError
from voxd.wire.wyoming.decoder import EventDecoder

_READ_BYTES = 64 * 1024


class LateError(ProtocolError):
    """Nothing whole came in time."""


class EventReader:
    """Reads one event after the other; `payload_max_bytes` is the longest payload it takes."""

    def __init__(self, stream: asyncio.StreamReader, payload_max_bytes: int) -> None:
        self._stream = stream
        self._decoder = EventDecoder(payload_max_bytes)

    async def next(self, timeout_s: float) -> Event | None:
        """The next event, None when the other side has ended the stream between two events.

        Raises ProtocolError; LateError when the whole event is not there within `timeout_s`; and OSError.
        """
        if (event := self._decoder.next()) is not None:
            return event
        try:
            async with asyncio.timeout(timeout_s):
                return await self._received()
        except TimeoutError:
            raise LateError(f"Nothing whole came for {timeout_s:g} s") from None

    async def _received(self) -> Event | None:
        while data := await self._stream.read(_READ_BYTES):
            self._decoder.feed(data)
            if (event := self._decoder.next()) is not None:
                return event
        if self._decoder.partial:
            raise ProtocolError("The stream ended in the middle of an event")
        return None
