"""Events to bytes: what is sent, ready for few and large writes."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from wyoming.error import Error
from wyoming.event import Event, Eventable
from wyoming.version import __version__ as wyoming_version

from voxd.errors import VoxdError
from voxd.model.audio import SAMPLE_WIDTH, AudioFormat, Chunk

SLICE_BYTES = 32 * 1024
"""The greatest payload of one audio-chunk event that we send."""
BURST_BYTES = 32 * SLICE_BYTES
"""So much sound goes into one write."""


def frame(event: Event | Eventable) -> bytes:
    """An event as it goes over the wire."""
    plain = event if isinstance(event, Event) else event.event()
    payload = plain.payload or b""
    return _head(plain.type, plain.data, len(payload)) + payload


def error_frame(error: VoxdError) -> bytes:
    """An error event: the sentence for people, the code for programs."""
    return frame(Error(text=str(error), code=error.code))


@lru_cache(maxsize=64)
def audio_start(format: AudioFormat) -> bytes:  # noqa: A002 - the word of our model
    """What precedes all sound of one reply."""
    return _head("audio-start", _fields(format))


def audio_bursts(chunk: Chunk, first_bytes: int = BURST_BYTES) -> Iterator[bytes]:
    """All of a chunk as audio-chunk events, joined into few pieces: one of `first_bytes`, then as large as they get."""
    pcm = memoryview(chunk.pcm)
    first_bytes = _whole_frames(first_bytes, chunk.format)
    if pcm:
        yield b"".join(_audio_parts(chunk.format, pcm[:first_bytes]))
    step = _whole_frames(BURST_BYTES, chunk.format)
    for start in range(first_bytes, len(pcm), step):
        yield b"".join(_audio_parts(chunk.format, pcm[start : start + step]))


def _audio_parts(format: AudioFormat, pcm: memoryview) -> Iterator[bytes | memoryview]:  # noqa: A002
    step = _whole_frames(SLICE_BYTES, format)
    for start in range(0, len(pcm), step):
        part = pcm[start : start + step]
        yield _audio_head(format, len(part))
        yield part


def _whole_frames(count: int, format: AudioFormat) -> int:  # noqa: A002
    return count - count % format.frame_bytes


@lru_cache(maxsize=256)
def _audio_head(format: AudioFormat, payload_length: int) -> bytes:  # noqa: A002
    return _head("audio-chunk", _fields(format), payload_length)


def _fields(format: AudioFormat) -> dict[str, Any]:  # noqa: A002
    return {"rate": format.rate_hz, "width": SAMPLE_WIDTH, "channels": format.channels}


def _head(kind: str, data: dict[str, Any], payload_length: int = 0) -> bytes:
    """The line and the data of an event. Data goes in a block of its own: not every reader knows it inline."""
    header: dict[str, Any] = {"type": kind, "version": wyoming_version}
    block = json.dumps(data).encode("ascii") if data else b""
    if block:
        header["data_length"] = len(block)
    if payload_length:
        header["payload_length"] = payload_length
    return json.dumps(header).encode("ascii") + b"\n" + block


AUDIO_STOP = frame(Event("audio-stop"))
"""What ends the sound of one reply."""
