"""What clients ask of a speaking server, with every type checked before the library's classes see it."""

from collections.abc import Callable
from typing import Any

from wyoming.event import Event, Eventable
from wyoming.info import Describe, SelectProgram
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from voxd.errors import ProtocolError

__all__ = [
    "Describe",
    "Event",
    "Ping",
    "Pong",
    "SelectProgram",
    "Synthesize",
    "SynthesizeChunk",
    "SynthesizeStart",
    "SynthesizeStop",
    "SynthesizeStopped",
    "SynthesizeVoice",
    "understood",
]


def understood(event: Event) -> Eventable | None:
    """The request that an event is, None for events that we do not know. Raises ProtocolError."""
    if event.type not in _REQUESTS:
        return None
    made, needed, optional = _REQUESTS[event.type]
    data = {key: value for key, value in event.data.items() if value is not None}
    for key in needed:
        if key not in data:
            raise ProtocolError(f"{event.type} needs {key!r}")
    for key in needed + optional:
        _check_string(event.type, data, key)
    if "voice" in data:
        data["voice"] = _voice(event.type, data["voice"])
    return made(Event(event.type, data))


def _voice(kind: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ProtocolError(f"'voice' of {kind} must be an object with 'name', 'language' or 'speaker'")
    for key in ("name", "language", "speaker"):
        _check_string(f"'voice' of {kind}", value, key)
    return {key: part for key, part in value.items() if part is not None}


def _check_string(where: str, data: dict[str, Any], key: str) -> None:
    if not isinstance(data.get(key, ""), str | None):
        raise ProtocolError(f"{key!r} of {where} must be a string")


_REQUESTS: dict[str, tuple[Callable[[Event], Eventable], tuple[str, ...], tuple[str, ...]]] = {
    "describe": (Describe.from_event, (), ()),
    "ping": (Ping.from_event, (), ("text",)),
    "select-program": (SelectProgram.from_event, ("name",), ()),
    "synthesize": (Synthesize.from_event, ("text",), ("text_format",)),
    "synthesize-start": (SynthesizeStart.from_event, (), ("text_format",)),
    "synthesize-chunk": (SynthesizeChunk.from_event, ("text",), ()),
    "synthesize-stop": (SynthesizeStop.from_event, (), ()),
}
"""For each type of event: how it is made, the strings it needs, and the strings it may have."""
