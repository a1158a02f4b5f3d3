"""Bytes to events: the bounded, strict reading half of the Wyoming wire format.

One event is a line of JSON (`type`, and where they apply `data`, `data_length`, `payload_length`), then so
many bytes of JSON that are merged over `data`, then so many bytes of payload. A length is refused before the
bytes that it announces are taken in.
"""

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from wyoming.event import Event

from voxd.errors import ProtocolError

HEADER_MAX_BYTES = 64 * 1024
DATA_MAX_BYTES = 256 * 1024
_BEGIN = b"{ \t\r"


class EventDecoder:
    """Turns bytes, in whatever pieces they come, into events.

    It never asks for more than one event of the greatest size; what is fed beyond that is the caller's own choice.
    """

    def __init__(self, payload_max_bytes: int) -> None:
        self._payload_max_bytes = payload_max_bytes
        self._buffer = bytearray()
        self._searched = 0
        self._header: _Header | None = None

    @property
    def partial(self) -> bool:
        """Whether something of an event has come that was not given out yet."""
        return bool(self._buffer) or self._header is not None

    def feed(self, data: bytes) -> None:
        """Take in what came."""
        self._buffer += data

    def next(self) -> Event | None:
        """The next whole event, None as long as some of it is missing. Raises ProtocolError."""
        if self._header is None:
            self._header = self._next_header()
        header = self._header
        if header is None or len(self._buffer) < header.data_length + header.payload_length:
            return None
        self._header = None
        data = header.data
        if header.data_length:
            data = data | _json_object(self._taken(header.data_length), "The data of an event")
        payload = self._taken(header.payload_length) if header.payload_length else None
        return Event(header.type, data, payload)

    def _next_header(self) -> "_Header | None":
        if self._buffer and self._buffer[0] not in _BEGIN:
            raise ProtocolError("An event begins with a JSON object")  # TLS, HTTP and others need not wait for an end
        end = self._buffer.find(b"\n", self._searched, HEADER_MAX_BYTES)
        if end < 0:
            self._searched = len(self._buffer)
            if self._searched >= HEADER_MAX_BYTES:
                raise ProtocolError(f"The first line of an event is longer than {HEADER_MAX_BYTES} bytes")
            return None
        self._searched = 0
        return _header(self._taken(end + 1), self._payload_max_bytes)

    def _taken(self, count: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:count])
        del self._buffer[:count]
        return taken


@dataclass(frozen=True, slots=True)
class _Header:
    type: str
    data: dict[str, Any]
    data_length: int
    payload_length: int


def _header(line: bytes, payload_max_bytes: int) -> _Header:
    fields = _json_object(line, "The first line of an event")
    kind = fields.get("type")
    if not isinstance(kind, str):
        raise ProtocolError("An event needs a type, and it is a string")
    data = fields.get("data", {})
    if not isinstance(data, dict):
        raise ProtocolError("The data of an event must be a JSON object")
    return _Header(
        kind,
        data,
        _length(fields, "data_length", DATA_MAX_BYTES),
        _length(fields, "payload_length", payload_max_bytes),
    )


def _length(fields: dict[str, Any], key: str, most: int) -> int:
    length = fields.get(key)
    if length is None:
        return 0
    if type(length) is not int or length < 0:  # True is an int, too
        raise ProtocolError(f"{key} must be a whole number of bytes, 0 or more")
    if length > most:
        raise ProtocolError(f"{key} is more than {most} bytes, the most that is taken here")
    return length


def _json_object(raw: bytes, what: str) -> dict[str, Any]:
    try:
        value = _JSON.decode(raw.decode("utf-8"))
    except (ValueError, RecursionError):  # a bad byte, bad JSON, a number or a nesting without end
        raise ProtocolError(f"{what} must be JSON in UTF-8, reasonably nested") from None
    if not isinstance(value, dict):
        raise ProtocolError(f"{what} must be a JSON object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_JSON = json.JSONDecoder(parse_constant=_no_constant)
