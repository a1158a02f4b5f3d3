"""The clip that every server sends: 3 s of 44.1 kHz mono, and the frames it goes out in."""

import math
from array import array
from collections.abc import Iterator
from functools import cache

RATE_HZ = 44_100
WIDTH = 2
SECONDS = 3.0


@cache
def pcm() -> bytes:
    """264,600 bytes of a swelling tone; the same on every call."""
    frames = int(RATE_HZ * SECONDS)
    return array(
        "h", (int(12_000 * math.sin(i * 0.0627) * math.sin(math.pi * i / frames)) for i in range(frames))
    ).tobytes()


def pieces(sound: bytes, frames: int) -> Iterator[bytes]:
    """`sound` in pieces of `frames` samples; the last may be shorter."""
    step = frames * WIDTH
    return (sound[at : at + step] for at in range(0, len(sound), step))
