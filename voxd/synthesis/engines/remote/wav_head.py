"""The head of a WAV that comes in pieces over a network, its lengths perhaps made up."""

import struct
from dataclasses import dataclass

from voxd.errors import ProtocolError
from voxd.synthesis.engines.remote.sound_form import SoundForm

HEAD_MAX_BYTES = 64 * 1024
"""Programs put their own name, notes and pictures in front of the samples."""
MADE_UP_BYTES = 2**30
"""A length from here on, or of nothing, stands for: to the end. Nobody says six hours in one sentence."""
MIN_BYTES = 12

_PCM, _FLOAT, _EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
_GUID_END = bytes.fromhex("000000001000800000aa00389b71")
_WIDTHS = {_PCM: (8, 16, 24, 32), _FLOAT: (32,)}


@dataclass(frozen=True, slots=True)
class WavHead:
    """`samples_at` is where the samples begin, `samples_bytes` how many there are; None: to the end."""

    form: SoundForm
    samples_at: int
    samples_bytes: int | None


def is_wav(data: bytes) -> bool:
    """Whether this is how a WAV begins; ask with at least MIN_BYTES."""
    return data[:4] == b"RIFF" and data[8:12] == b"WAVE"


def head(data: bytes) -> WavHead | None:
    """The head of what `is_wav`; None while some of it is still to come.

    RIFF: twelve bytes, then parts of a name, a length and a body padded to an even length; `data` is the last one
    looked at. Raises ProtocolError where the samples cannot be read.
    """
    form, at = None, MIN_BYTES
    while len(data) >= at + 8:
        name, length = struct.unpack_from("<4sI", data, at)
        if name == b"data" and form:
            return WavHead(form, at + 8, length if 0 < length < MADE_UP_BYTES else None)
        if name == b"fmt " and len(data) >= at + 8 + min(length, 40):
            form = _form(data[at + 8 : at + 8 + min(length, 40)])
        at += 8 + length + length % 2
    if max(at, len(data)) > HEAD_MAX_BYTES:
        raise ProtocolError("it sends a WAV whose beginning cannot be read")
    return None


def _form(body: bytes) -> SoundForm:
    """The part `fmt `: tag, channels, rate, bytes a second, bytes a frame, bits; extensible ones end with a GUID."""
    if len(body) < 16:
        raise ProtocolError("it sends a WAV whose format is damaged")
    tag, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if tag == _EXTENSIBLE and body[26:40] == _GUID_END:
        tag = struct.unpack_from("<H", body, 24)[0]
    if bits not in _WIDTHS.get(tag, ()):
        raise ProtocolError(f"it sends a WAV of a kind that voxd does not read (format {tag}, {bits} bits)")
    if not 1 <= channels <= 8 or not 1000 <= rate_hz <= 384_000:
        raise ProtocolError(f"it sends a WAV that is damaged ({channels} channels at {rate_hz} Hz)")
    return SoundForm(rate_hz, channels, bits // 8, tag == _FLOAT)
