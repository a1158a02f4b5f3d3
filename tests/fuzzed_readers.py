"""Everything that reads strangers' bytes, as functions that raise nothing but what they promise: VoxdError."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, suppress
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any, get_args

from hypothesis import strategies as st

from voxd.audio.wav import wav_bytes
from voxd.errors import VoxdError
from voxd.frontends import order_payloads, payloads, voice_payloads
from voxd.frontends.control.connection import Answer, Connection, Request
from voxd.frontends.hermes import payloads as hermes
from voxd.frontends.payloads import Circumstances
from voxd.model.audio import AudioFormat, Chunk
from voxd.settings.engines import OpenAiSettings
from voxd.synthesis.engines.remote.complaint import SHOWN_CHARS, complaint
from voxd.synthesis.engines.remote.openai import catalogue, clips, events, listing
from voxd.synthesis.engines.remote.sound_body import SoundBody
from voxd.synthesis.engines.remote.sound_form import SoundForm
from voxd.wire.wyoming import satellite
from voxd.wire.wyoming.audio import wire_format
from voxd.wire.wyoming.authentication import shown_token
from voxd.wire.wyoming.decoder import EventDecoder
from voxd.wire.wyoming.host_events import HostWord, word_of
from voxd.wire.wyoming.info import speaking_program
from voxd.wire.wyoming.requests import Event, understood

Reader = Callable[[bytes], None]

PAYLOAD_MAX_BYTES = 1000
PIECE_BYTES = 7
FILE_MAX_BYTES = 1000


def _events(data: bytes) -> None:
    """All events of a connection, and all that is read in them."""
    decoder = EventDecoder(PAYLOAD_MAX_BYTES)
    for start in range(0, len(data), PIECE_BYTES):
        decoder.feed(data[start : start + PIECE_BYTES])
        while (event := decoder.next()) is not None:
            for read in _EVENTS:
                with suppress(VoxdError):
                    read(event)


_EVENTS: tuple[Callable[[Event], object], ...] = (
    *(understood, shown_token, satellite.asked, wire_format, speaking_program),
    *(partial(word_of, kind=kind) for kind in get_args(HostWord)),
)


class _Line(asyncio.Transport):
    """A connection that takes everything, and tells nobody."""

    def __init__(self) -> None:
        super().__init__()
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take it."""

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self._closing

    def close(self) -> None:
        """Close it."""
        self._closing = True


def _http(data: bytes) -> None:
    """A whole connection of the control socket."""
    asyncio.run(_http_connection(data))


async def _http_connection(data: bytes) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    writer = asyncio.StreamWriter(_Line(), asyncio.StreamReaderProtocol(reader), reader, loop)

    async def answer(request: Request) -> Answer:
        return Answer.of_json(200, {"path": request.path, "query": request.query, "bytes": len(request.body)})

    try:
        await Connection(reader, writer, lambda _: PAYLOAD_MAX_BYTES).serve(answer)
    finally:
        writer.close()


def _mqtt(data: bytes) -> None:
    """A payload on any topic."""
    for read in _PAYLOADS:
        with suppress(VoxdError):
            _check_sayable(read(data))


def _folder(data: bytes) -> None:
    """The options beside a clip in the folder of voices."""
    with suppress(VoxdError):
        _check_sayable(
            voice_payloads.enrolment_in_folder("mum", b"", "", data[:FILE_MAX_BYTES].decode("utf-8", "replace"), "x")
        )


def _speech_server(data: bytes) -> None:
    """What a speech server answers: sound, events with sound, its models and voices, complaints."""
    said = complaint(data)
    assert said.isprintable()
    assert len(said) <= SHOWN_CHARS
    for bare in (None, SoundForm(24_000)):
        with suppress(VoxdError):
            body = SoundBody(bare)
            for piece in _pieces(data):
                body.read(piece)
            body.end()
    with suppress(VoxdError):
        asyncio.run(_sound_events(data))
    with suppress(ValueError, RecursionError, VoxdError):
        listed = json.loads(data)
        models = listing.models_in(listed)
        uploaded = listing.uploaded_in(listed)
        kind = catalogue.kind_of(models, uploaded is not None)
        voices = listing.voices_in(listed)
        known = catalogue.Catalogue(kind, catalogue.speaking_models(models, None), voices, uploaded)
        _check_sayable(catalogue.speakers(known, OpenAiSettings(), clips.UPLOADED))


async def _sound_events(data: bytes) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in _pieces(data):
            yield piece

    async with aclosing(events.sound_in(pieces())) as sound:
        async for _ in sound:
            pass


def _pieces(data: bytes) -> Iterator[bytes]:
    """Small ones, but not too many of them."""
    size = max(PIECE_BYTES, len(data) // 50)
    return (data[start : start + size] for start in range(0, len(data), size))


def _check_sayable(value: object) -> None:
    """Whatever was taken over can be written down."""
    if isinstance(value, str):
        value.encode("utf-8")
    elif is_dataclass(value):
        for field in fields(value):
            _check_sayable(getattr(value, field.name))
    elif isinstance(value, tuple | list | frozenset):
        for part in value:
            _check_sayable(part)


def _wyoming(data: bytes) -> None:
    with suppress(VoxdError):
        _events(data)


_CAME = Circumstances("mqtt", 5.0)

_PAYLOADS: tuple[Callable[[bytes], object], ...] = (
    *(lambda data: payloads.announcement(data, _CAME), payloads.rendering, payloads.identifier_in),
    *(payloads.asks_for_alarm, payloads.transaction_in, payloads.excerpt),
    *(order_payloads.order, order_payloads.zones_order, order_payloads.quiet, order_payloads.choice),
    *(order_payloads.siren, order_payloads.bare, order_payloads.history),
    *(voice_payloads.enrolment, voice_payloads.named, voice_payloads.voices_wanted, voice_payloads.trial_text),
    *(hermes.asker, hermes.wish, hermes.volume, hermes.wants_outputs),
)

READERS: dict[str, Reader] = {
    "wyoming": _wyoming,
    "http": _http,
    "mqtt": _mqtt,
    "folder": _folder,
    "speech server": _speech_server,
}
"""Each with the name that the figures are told by."""

KEYS = (
    *(*payloads.ANNOUNCEMENT_KEYS, *voice_payloads.OPTION_KEYS, "transaction", "zone", "on", "duration_s", "tone"),
    *("siteId", "sessionId", "lang", "name", "clip", "limit", "state", "type", "data", "data_length", "payload_length"),
    *("rate", "width", "channels", "token", "speaker", "tts", "voices"),
    *("id", "models", "owned_by", "task", "language", "sample_rate", "uploaded_voices", "audio", "error", "detail"),
    *("loc", "msg", "message", "created"),
)
_NUMBERS = st.one_of(
    st.integers(-5, 300),
    st.sampled_from([10**400, -(2**63), 2**64, 1e308, -0.0, 5e-324]),
    st.floats(allow_nan=True, allow_infinity=True),
)
_WORDS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["*", "kitchen", "alarm", "high", "22:00-07:00", "de-DE", "mum?rate=1.2&style=calm", "none", "on"]),
    st.sampled_from(
        ["\ud800", "\udfff\ud800", "\x00", "\u202e", "\ufeff", "a" * 30_000, "9" * 5000, "-1e999", "AAAA="]
    ),
)
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBERS, _WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
_OBJECTS = st.dictionaries(st.sampled_from(KEYS), _VALUES, max_size=6)
_JSON = st.one_of(_OBJECTS, _VALUES).map(lambda value: json.dumps(value).encode())
_KINDS = ("describe", "ping", "synthesize", "synthesize-start", "synthesize-chunk", "audio-start", "audio-chunk")
_LENGTHS = st.one_of(st.none(), st.integers(-2, 1200), _VALUES)


def _broken(whole: bytes, at: int, more: bytes) -> bytes:
    at %= len(whole) + 1
    return whole[:at] + more + whole[at + len(more) :]


@st.composite
def _event(draw: st.DrawFn) -> bytes:
    block = draw(_JSON)
    header: dict[str, Any] = {"type": draw(st.sampled_from((*_KINDS, "authenticate", "info", "audio-stop")))}
    header |= draw(st.dictionaries(st.sampled_from(("data", "version", "payload_length")), _VALUES, max_size=2))
    header["data_length"] = draw(st.one_of(st.just(len(block)), _LENGTHS))
    return json.dumps(header).encode() + b"\n" + block


def _request(method: bytes, path: bytes, headers: list[bytes], body: bytes) -> bytes:
    return b"\r\n".join((method + b" " + path + b" HTTP/1.1", b"Host: x", *headers, b"", body))


_HTTP = st.builds(
    _request,
    st.sampled_from([b"GET", b"POST", b"PUT", b"\xff", b"CONNECT"]),
    st.one_of(st.sampled_from([b"/", b"/say?text=%ff&=&a", b"*", b"http://[", b"/\x80"]), st.binary(max_size=20)),
    st.lists(
        st.sampled_from(
            [
                *(b"Content-Length: 5", b"Content-Length: -1", b"Transfer-Encoding: chunked", b"Upgrade: h2c"),
                *(b"Expect: 100-continue", b"Connection: upgrade", b": x", b"A:" + b"b" * 40_000, b"\xff: \xff"),
            ]
        ),
        max_size=4,
    ),
    st.one_of(st.just(b"hello"), st.just(b"5\r\nhello\r\n0\r\n\r\n"), st.binary(max_size=100)),
)
_WAV = wav_bytes(Chunk(AudioFormat(24_000), b"\x10\x27" * 30))
_SOUND = st.sampled_from(
    [
        *(_WAV, _WAV + _WAV, _WAV[:36] + b"LIST\x04\0\0\0abcd" + _WAV[36:], b"ID3\x04", b"\x10\x27" * 40),
        b'event: x\ndata: {"type": "speech.audio.delta", "audio": "ECc="}\n\n',
        b'data: {"type": "speech.audio.error", "error": {"message": 5}}\r\n\r\ndata: [DONE]\n\n',
    ]
)
_NESTED = st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b'{"text": ' + b"[" * 9_000 + b"]" * 9_000 + b"}"])
_WHOLE = st.one_of(_JSON, _event(), st.lists(_event(), max_size=4).map(b"".join), _HTTP, _SOUND, _NESTED)

HOSTILE = st.one_of(
    st.binary(max_size=300),
    _WHOLE,
    st.builds(_broken, _WHOLE, st.integers(0, 10**6), st.binary(max_size=8)),
)
"""Bytes that nobody would send, and some that are nearly right."""

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))
"""Inputs for each reader in the tests; `make soak` takes many more."""
