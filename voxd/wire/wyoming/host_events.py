"""What the daemon and an engine host say to each other beside the protocol's own events.

A host is a Wyoming server: `describe` and `synthesize` are answered as everywhere (`seed` and
`rate` beside the text are ours).
Our own events, each a request and its answer on the same connection; `error` may come instead of any answer, with a
`code` from Fault or from errors.py:

| request | answer |
|---|---|
| `health` (`follow`: a further one at every change and every second) | `health` |
| `embed` with a reference clip as WAV payload | `embedded`, as soon as the voice can speak |
| `forget` | `forgotten` |
| `clip` with a sound file of any kind as payload | `clip` with the clip as it is kept, a WAV |
| `vector` with a WAV as payload | `vector` |
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from wyoming.event import Event

from voxd.errors import ProtocolError

PAYLOAD_MAX_BYTES = 32 * 1024 * 1024
"""The longest payload between daemon and host, in either direction."""


class HostState(StrEnum):
    """Where a host stands. `waiting`: nobody answers on its socket."""

    WAITING = "waiting"
    LOADING = "loading"
    READY = "ready"
    REPAIRING = "repairing"
    FAILED = "failed"


class Fault(StrEnum):
    """Codes of `error` events that only hosts send."""

    LOADING = "loading"
    PREPARING = "preparing"
    REPAIRING = "repairing"
    UNKNOWN_VOICE = "unknown_voice"
    OUT_OF_MEMORY = "out_of_memory"
    DEVICE_LOST = "device_lost"
    RUNAWAY = "runaway"
    FAILED = "engine_failed"


@dataclass(frozen=True, slots=True)
class EmbeddingFigures:
    """How well the cache of speaker embeddings served since the host began.

    `hits` were in memory or on disk, `misses` had to be made from their clip, in `encoding_s` seconds altogether;
    `saved_s` is what the hits would have cost.
    """

    held: int = 0
    hits: int = 0
    misses: int = 0
    encoding_s: float = 0.0
    saved_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Health:
    """How a host is. The fields from `fingerprint` on are known once it is ready."""

    state: HostState
    reason: str = ""
    busy_s: float = 0.0
    fingerprint: str = ""
    rate_hz: int = 0
    languages: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    clones: bool = False
    clones_once: str = ""
    needs_transcript: bool = False
    changes_rate: bool = False
    device: str = ""
    dtype: str = ""
    memory_mb: int = 0
    embeddings: EmbeddingFigures = field(default_factory=EmbeddingFigures)


@dataclass(frozen=True, slots=True)
class HealthAsked:
    """Ask how the host is; `follow`: and be told again whenever that changes, and every second."""

    follow: bool = False


@dataclass(frozen=True, slots=True)
class Embed:
    """Let the host know a cloned voice; the payload is its reference clip, mono WAV at 48 kHz."""

    voice: str
    transcript: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Embedded:
    """The voice can speak. `source` tells where its embedding came from, `took_s` how long that took."""

    voice: str
    source: str
    took_s: float


@dataclass(frozen=True, slots=True)
class Forget:
    """Let the host forget a cloned voice, in memory and on disk."""

    voice: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """It is forgotten; also where it was never known."""

    voice: str


@dataclass(frozen=True, slots=True)
class ClipAsked:
    """Have a sound file made into a reference clip; the payload is the file."""


@dataclass(frozen=True, slots=True)
class ClipReady:
    """The reference clip is the payload: mono WAV at 48 kHz, trimmed, at the usual loudness.

    `kind`, `rate_hz`, `channels` and `original_s` describe the file; `notes` are sentences for the owner on what
    could be better; `vector` is the GE2E speaker vector, 256 numbers of length 1.
    """

    duration_s: float
    kind: str
    rate_hz: int
    channels: int
    original_s: float
    notes: tuple[str, ...]
    vector: tuple[float, ...]
    preprocessing: int


@dataclass(frozen=True, slots=True)
class VectorAsked:
    """Ask for the speaker vector of a sound; the payload is a WAV."""


@dataclass(frozen=True, slots=True)
class Vector:
    """The GE2E speaker vector; `voiced_s` seconds of the sound held speech. Empty where there was too little."""

    vector: tuple[float, ...]
    voiced_s: float


HostWord = Health | HealthAsked | Embed | Embedded | Forget | Forgotten | ClipAsked | ClipReady | VectorAsked | Vector
Word = TypeVar("Word", bound=HostWord)

_TYPES: Mapping[type[Any], str] = {
    HealthAsked: "health",
    Health: "health",
    Embed: "embed",
    Embedded: "embedded",
    Forget: "forget",
    Forgotten: "forgotten",
    ClipAsked: "clip",
    ClipReady: "clip",
    VectorAsked: "vector",
    Vector: "vector",
}


def host_event(word: HostWord, payload: bytes | None = None) -> Event:
    """The event that carries a word."""
    return Event(_TYPES[type(word)], asdict(word), payload)


def word_of(event: Event, kind: type[Word]) -> Word:
    """The word of that kind that an event carries. Raises ProtocolError."""
    if event.type != _TYPES[kind]:
        raise ProtocolError(f"{event.type} came where {_TYPES[kind]} was due")
    try:
        return TypeAdapter(kind).validate_python(event.data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ProtocolError(f"{where!r} of {event.type}: {first['msg']}") from None
