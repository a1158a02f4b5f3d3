"""The head of a WAV stream whose end is not known yet, as programs write it to a pipe."""

import struct

from voxd.errors import EngineError
from voxd.model.audio import AudioFormat

HEAD_MAX_BYTES = 4096
PCM_TAGS = (0x0001, 0xFFFE)


def head(data: bytes) -> tuple[AudioFormat, int] | None:
    """The format, and where the samples begin; None while that is still to come. Sizes are not believed.

    RIFF: twelve bytes, then chunks of a name, a size and a body padded to an even length; `data` is the last
    one looked at. Raises EngineError for anything but 16-bit PCM.
    """
    if not (b"RIFF" + data[4:8] + b"WAVE").startswith(data[:12]):
        raise EngineError("The engine's sound is not a WAV stream")
    found, at = None, 12
    while len(data) >= at + 8:
        name, size = struct.unpack_from("<4sI", data, at)
        if name == b"data" and found:
            return found, at + 8
        if name == b"fmt " and len(data) >= at + 24:
            found = _format(data, at + 8)
        at += 8 + size + size % 2
    if at > HEAD_MAX_BYTES:
        raise EngineError("The engine's WAV stream has no beginning that could be read")
    return None


def _format(data: bytes, at: int) -> AudioFormat:
    tag, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", data, at)
    if tag not in PCM_TAGS or bits != 16 or not 1 <= channels <= 8 or not 1000 <= rate_hz <= 400_000:
        raise EngineError(f"The engine's sound is not 16-bit PCM ({bits} bits, {channels} channels, {rate_hz} Hz)")
    return AudioFormat(rate_hz, channels)
