"""The frames between the daemon and the audio child: a kind, a length, then PCM or words.

Imported by the child too, which must start quickly: nothing heavy may be imported here.
"""

import json
import struct
from collections.abc import Callable
from typing import Any

HEADER = struct.Struct("<cI")
PCM = b"P"
WORDS = b"W"
MAX_BYTES = 1 << 20
"""Longer frames are never written, and refused when read."""

Words = dict[str, Any]


def pcm_frame(pcm: bytes) -> bytes:
    """Sound for the device, in the format of its open stream."""
    return HEADER.pack(PCM, len(pcm)) + pcm


def words_frame(words: Words) -> bytes:
    """A request, a reply or a report: one JSON object."""
    text = json.dumps(words, separators=(",", ":")).encode()
    return HEADER.pack(WORDS, len(text)) + text


def words(payload: bytes) -> Words:
    """What a words frame says. Raises ValueError."""
    match json.loads(payload):
        case dict() as said:
            return said
        case _:
            raise ValueError("A words frame holds a JSON object")


def checked_header(data: bytes) -> tuple[bytes, int]:
    """Kind and length of the frame that follows. Raises ValueError."""
    kind, length = HEADER.unpack(data)
    if kind not in (PCM, WORDS) or length > MAX_BYTES:
        raise ValueError(f"This is no frame of ours: kind {kind!r}, {length} bytes")
    return kind, length


def read_frame(read: Callable[[int], bytes]) -> tuple[bytes, bytes] | None:
    """The next frame of a blocking, buffered reader; None at its end. Raises ValueError."""
    data = read(HEADER.size)
    if len(data) < HEADER.size:
        return None
    kind, length = checked_header(data)
    payload = read(length)
    return (kind, payload) if len(payload) == length else None
