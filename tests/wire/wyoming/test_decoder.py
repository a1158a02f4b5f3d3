"""What the reading half of the wire promises, to friends and to strangers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wyoming.event import Event

from voxd.errors import ProtocolError
from voxd.wire.wyoming.decoder import DATA_MAX_BYTES, HEADER_MAX_BYTES, EventDecoder
from voxd.wire.wyoming.frames import frame

PAYLOAD_MAX = 1000


def decoded(raw: bytes, payload_max_bytes: int = PAYLOAD_MAX, piece: int | None = None) -> list[Event]:
    """All events of these bytes, fed in pieces of this size."""
    decoder = EventDecoder(payload_max_bytes)
    events: list[Event] = []
    size = piece or len(raw) or 1
    for start in range(0, len(raw), size):
        decoder.feed(raw[start : start + size])
        while (event := decoder.next()) is not None:
            events.append(event)
    return events


def header(**fields: Any) -> bytes:
    return json.dumps({"type": "x", **fields}).encode() + b"\n"


@pytest.mark.parametrize("piece", [1, 7, None])
def test_what_we_send_is_what_we_read(piece: int | None) -> None:
    events = [Event("one"), Event("two", {"text": "schön\n"}), Event("three", {"rate": 1}, b"\n\x00" * 100)]
    assert decoded(b"".join(frame(event) for event in events), piece=piece) == events


def test_inline_data_and_a_data_block_are_merged_and_the_block_wins() -> None:
    block = b'{"b": 2, "c": 3}'
    (event,) = decoded(header(data={"a": 1, "b": 1}, data_length=len(block)) + block)
    assert event.data == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize("version", ["1.0.0", "99", 5, None])
def test_any_version_is_read(version: object) -> None:
    assert len(decoded(header(version=version))) == 1


def test_lengths_of_null_are_no_lengths() -> None:
    assert decoded(header(data_length=None, payload_length=None)) == [Event("x")]


def test_a_payload_up_to_the_bound_is_read_and_no_longer_one() -> None:
    (event,) = decoded(header(payload_length=PAYLOAD_MAX) + b"p" * PAYLOAD_MAX)
    assert event.payload == b"p" * PAYLOAD_MAX
    with pytest.raises(ProtocolError, match=f"payload_length is more than {PAYLOAD_MAX} bytes"):
        decoded(header(payload_length=PAYLOAD_MAX + 1))


BAD = {
    "broken JSON": b'{"type": "x"\n',
    "empty line": b"\n",
    "blank line": b"  \r\n",
    "NULs": b"\0\0\0\n",
    "bad UTF-8": b'{"type": "\xff"}\n',
    "UTF-16": '{"type": "x"}\n'.encode("utf-16"),
    "an HTTP request": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a TLS greeting with a line feed": b"\x16\x03\x01\x02\x00\n",
    "a number of 5000 digits": b'{"type": "x", "data": {"n": ' + b"1" * 5000 + b"}}\n",
    "an array": b"[]\n",
    "null": b"null\n",
    "a number": b"5\n",
    "no type": b"{}\n",
    "an object as type": b'{"type": {}}\n',
    "null as type": b'{"type": null}\n',
    "a string as data_length": header(data_length="10"),
    "an array as data_length": header(data_length=[]),
    "true as data_length": header(data_length=True),
    "a fraction as data_length": header(data_length=2.0),
    "data_length without end": b'{"type": "x", "data_length": Infinity}\n',
    "payload_length without end": b'{"type": "x", "payload_length": 1e400}\n',
    "payload_length not a number": b'{"type": "x", "payload_length": NaN}\n',
    "payload_length of 1 TiB": header(payload_length=2**40),
    "data_length of 1 TiB": header(data_length=2**40),
    "a little too much data": header(data_length=DATA_MAX_BYTES + 1),
    "payload_length -1": header(payload_length=-1),
    "payload_length -1e9": header(payload_length=-(10**9)),
    "an array as data block": header(data_length=3) + b"[1]",
    "a broken data block": header(data_length=3) + b"{1}",
    "bad UTF-8 in the data block": header(data_length=9) + b'{"a":"\xff"}',
    "a list as inline data": header(data=[1]),
    "a string as inline data": header(data="x"),
    "null as inline data": header(data=None),
    "nested 30,000 deep in the line": b'{"type": "x", "data": ' + b"[" * 30_000 + b"\n",
    "nested 100,000 deep in the block": header(data_length=200_000) + b"[" * 100_000 + b"]" * 100_000,
    "a line of 70 kB": header(data={"text": "x" * 70_000}),
    "a line without end": b"x" * (HEADER_MAX_BYTES + 1),
}


@pytest.mark.parametrize("raw", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("piece", [1000, None])
def test_bad_input_is_a_protocol_error_with_a_sentence(raw: bytes, piece: int | None) -> None:
    with pytest.raises(ProtocolError, match=r"\w+ \w+"):
        decoded(raw, piece=piece)


def test_a_length_is_refused_before_its_bytes_come() -> None:
    decoder = EventDecoder(payload_max_bytes=0)
    decoder.feed(header(payload_length=1))
    with pytest.raises(ProtocolError):
        decoder.next()


def test_a_line_of_the_greatest_length_is_read() -> None:
    rest = HEADER_MAX_BYTES - len(header(data={"text": ""}))
    (event,) = decoded(header(data={"text": "x" * rest}), piece=4096)
    assert len(event.data["text"]) == rest


def test_an_event_that_is_only_half_there_is_waited_for() -> None:
    decoder = EventDecoder(PAYLOAD_MAX)
    partial = [decoder.partial]
    decoder.feed(header(payload_length=4) + b"123")
    assert decoder.next() is None
    partial.append(decoder.partial)
    decoder.feed(b"4")
    assert decoder.next() == Event("x", {}, b"1234")
    assert [*partial, decoder.partial] == [False, True, False]


def test_a_lone_surrogate_is_read() -> None:
    (event,) = decoded(b'{"type": "x", "data": {"text": "\\ud800"}}\n')
    assert event.data == {"text": "\ud800"}
    assert frame(event)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
LENGTH = st.integers(min_value=0, max_value=6) | JSON
HEADERS = st.fixed_dictionaries(
    {}, optional={"type": st.text(max_size=5) | JSON, "data": JSON, "data_length": LENGTH, "payload_length": LENGTH}
)
LINES = HEADERS.map(lambda fields: json.dumps(fields).encode() + b"\n")
NOISE = st.binary(max_size=20) | st.sampled_from([b"\n", b"{", b"}", b'{"type":"x"}\n', b"{}"])


@given(st.lists(LINES | NOISE, max_size=6).map(b"".join), st.integers(min_value=1, max_value=50))
def test_whatever_bytes_come_are_events_or_a_protocol_error(raw: bytes, piece: int) -> None:
    try:
        whole = decoded(raw)
    except ProtocolError:
        with pytest.raises(ProtocolError):
            decoded(raw, piece=piece)
    else:
        assert repr(decoded(raw, piece=piece)) == repr(whole)


@given(st.text(max_size=20), st.dictionaries(st.text(), JSON, max_size=4), st.binary(max_size=100))
def test_any_event_of_ours_survives_the_wire(kind: str, data: dict[str, Any], payload: bytes) -> None:
    event = Event(kind, data, payload or None)
    try:
        raw = frame(event)
        (read,) = decoded(raw, piece=3)
    except ProtocolError:
        assert "NaN" in repr(data) or "nan" in repr(data) or "inf" in repr(data)
    else:
        assert read == event
