"""WAV: a chunk with a header in front (RIFF WAVE, after the Multimedia Programming Interface of 1991)."""

import struct
from collections.abc import Iterator

from voxd.audio.pcm import to_int16
from voxd.errors import BadRequestError
from voxd.model.audio import SAMPLE_WIDTH, AudioFormat, Chunk

HEADER_BYTES = 44
MAX_BYTES = 64 * 1024 * 1024
"""Larger files are refused; an hour of speech at 16 kHz would take 110 MB, nobody announces that."""
MAX_DATA_BYTES = 0xFFFFFFFF - HEADER_BYTES
MAX_PARTS = 1000
MAX_CHANNELS = 32
RATES_HZ = range(1_000, 384_001)

_FORM = struct.Struct("<4sI4s")
_PART = struct.Struct("<4sI")
_FMT = struct.Struct("<HHIIHH")
_PCM = 0x0001
_EXTENSIBLE = 0xFFFE
_PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")


def header(format: AudioFormat, data_bytes: int) -> bytes:  # noqa: A002 - the word of the model
    """The 44 bytes that go before so many bytes of PCM."""
    frame, rate = format.frame_bytes, format.rate_hz
    fmt = _FMT.pack(_PCM, format.channels, rate, rate * frame, frame, 8 * SAMPLE_WIDTH)
    form = _FORM.pack(b"RIFF", data_bytes + HEADER_BYTES - _PART.size, b"WAVE")
    return form + _PART.pack(b"fmt ", len(fmt)) + fmt + _PART.pack(b"data", data_bytes)


def wav_bytes(chunk: Chunk) -> bytes:
    """The chunk as a WAV file."""
    return header(chunk.format, len(chunk.pcm)) + chunk.pcm


def parse(data: bytes) -> Chunk:
    """The sound of a WAV file with integer PCM of 8 to 32 bits, as 16 bit.

    A length that promises more than there is (programs that write to a pipe do so) means: to the end.
    Raises BadRequestError with what is wrong.
    """
    if len(data) > MAX_BYTES:
        raise BadRequestError(f"A WAV file may have {MAX_BYTES // 2**20} MiB at most, not {len(data)} bytes")
    if len(data) < _FORM.size or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise BadRequestError("This is not a WAV file: it does not begin with RIFF and WAVE")
    fmt: tuple[AudioFormat, int] | None = None
    for name, body in _parts(data):
        if name == b"fmt ":
            fmt = _format(body)
        elif name == b"data" and fmt:
            return _chunk(*fmt, body)
    raise BadRequestError("This WAV file has no sound: its part " + ("data" if fmt else "fmt") + " is missing")


def _parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = _FORM.size
    for _ in range(MAX_PARTS):
        if at + _PART.size > len(data):
            return
        name, size = _PART.unpack_from(data, at)
        at += _PART.size
        yield name, data[at : at + size]
        at += size + size % 2


def _format(body: bytes) -> tuple[AudioFormat, int]:
    if len(body) < _FMT.size:
        raise BadRequestError("This WAV file is damaged: its part fmt is too short")
    tag, channels, rate_hz, _, frame_bytes, bits = _FMT.unpack_from(body)
    if tag == _EXTENSIBLE and body[24:40] == _PCM_GUID:
        tag = _PCM
    if tag != _PCM or bits not in (8, 16, 24, 32):
        raise BadRequestError(f"Only WAV files with integer PCM are understood, not format {tag} with {bits} bits")
    if rate_hz not in RATES_HZ or not 1 <= channels <= MAX_CHANNELS or frame_bytes != channels * bits // 8:
        raise BadRequestError(
            f"This WAV file is damaged: {rate_hz} Hz, {channels} channels, frames of {frame_bytes} bytes"
        )
    return AudioFormat(rate_hz, channels), bits // 8


def _chunk(format: AudioFormat, width: int, body: bytes) -> Chunk:  # noqa: A002
    whole = len(body) - len(body) % (width * format.channels)
    return Chunk(format, to_int16(body[:whole], width))
