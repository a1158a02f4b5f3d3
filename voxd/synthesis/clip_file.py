"""A clip as the bytes of a file: WAV, playable by anything, with a checksum that only we look at."""

import hashlib
import struct

from voxd.model.audio import SAMPLE_WIDTH, AudioFormat, Clip

_HEAD = struct.Struct("<4sI4s 4sIHHIIHH 4sI32s 4sI")
"""RIFF, size, WAVE; `fmt ` chunk; `voxd` chunk with the checksum; head of the `data` chunk."""
HEAD_BYTES = _HEAD.size
_BEFORE_SIZE = 8
_FORMAT_BYTES = 16
_CHECKSUM_BYTES = 32
_PCM = 1


def to_bytes(key: str, clip: Clip) -> bytes:
    """The file's content. A reader of WAV skips the chunk it does not know (RIFF, Microsoft 1991)."""
    return _head(clip.format, len(clip.pcm), checksum(key, clip)) + clip.pcm


def from_bytes(key: str, data: bytes) -> Clip | None:
    """The clip, or None if this is not, to the last bit, what `to_bytes` gave for that key."""
    if len(data) < HEAD_BYTES:
        return None
    _, _, _, _, _, _, channels, rate_hz, _, _, _, _, _, kept, _, _ = _HEAD.unpack_from(data)
    if not channels or not rate_hz:
        return None
    clip = Clip(AudioFormat(rate_hz, channels), data[HEAD_BYTES:])
    try:
        intact = kept == checksum(key, clip) and data[:HEAD_BYTES] == _head(clip.format, len(clip.pcm), kept)
    except struct.error:
        return None
    return clip if intact else None


def checksum(key: str, clip: Clip) -> bytes:
    """BLAKE2b over key, format and samples: a file under a wrong name is as damaged as a flipped bit."""
    digest = hashlib.blake2b(digest_size=_CHECKSUM_BYTES)
    digest.update(f"{key} {clip.format.rate_hz} {clip.format.channels} ".encode())
    digest.update(clip.pcm)
    return digest.digest()


def _head(format_: AudioFormat, pcm_bytes: int, kept: bytes) -> bytes:
    return _HEAD.pack(
        b"RIFF",
        HEAD_BYTES - _BEFORE_SIZE + pcm_bytes,
        b"WAVE",
        b"fmt ",
        _FORMAT_BYTES,
        _PCM,
        format_.channels,
        format_.rate_hz,
        format_.bytes_per_s,
        format_.frame_bytes,
        8 * SAMPLE_WIDTH,
        b"voxd",
        _CHECKSUM_BYTES,
        kept,
        b"data",
        pcm_bytes,
    )
