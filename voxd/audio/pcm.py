"""Arithmetic on the samples of a chunk: volume, width and channels."""

import numpy as np
from numpy.typing import NDArray

from voxd.model.audio import AudioFormat, Chunk

Samples = NDArray[np.int16]


def samples(chunk: Chunk) -> Samples:
    """The chunk's samples, shape (frames, channels); a view that must not be written to."""
    return np.frombuffer(chunk.pcm, dtype="<i2").reshape(-1, chunk.format.channels)


def amplitude(volume_percent: float) -> float:
    """The factor on amplitudes that a volume stands for: cubic, as PulseAudio's sliders have it."""
    return (min(max(volume_percent, 0.0), 100.0) / 100.0) ** 3


def gain(chunk: Chunk, volume_percent: float) -> Chunk:
    """The chunk at a volume of 0 to 100 percent; at 100 the very same chunk."""
    if volume_percent >= 100:
        return chunk
    louder = np.frombuffer(chunk.pcm, dtype="<i2") * np.float32(amplitude(volume_percent))
    return Chunk(chunk.format, np.rint(louder).astype("<i2").tobytes())


def silence(format: AudioFormat, duration_s: float) -> Chunk:  # noqa: A002 - the word of the model
    """So much silence."""
    return Chunk(format, bytes(round(duration_s * format.rate_hz) * format.frame_bytes))


def to_int16(pcm: bytes, width: int) -> bytes:
    """Little-endian integer PCM of `width` bytes a sample (1 unsigned, 2 to 4 signed) as 16 bit, rounded."""
    match width:
        case 1:
            wide = (np.frombuffer(pcm, dtype=np.uint8).astype(np.int16) - 128) << 8
            return wide.astype("<i2").tobytes()
        case 2:
            return pcm
        case 3:
            return _rounded(_from_24_bit(pcm), 8)
        case 4:
            return _rounded(np.frombuffer(pcm, dtype="<i4").astype(np.int64), 16)
        case _:
            raise ValueError(f"PCM has 1 to 4 bytes a sample, not {width}")


def mono(chunk: Chunk) -> Chunk:
    """All channels as one: their mean."""
    return with_channels(chunk, 1)


def with_channels(chunk: Chunk, channels: int) -> Chunk:
    """The chunk with so many channels, each carrying the mean of the old ones; unchanged if it has them."""
    if chunk.format.channels == channels:
        return chunk
    mixed = np.rint(samples(chunk).mean(axis=1, dtype=np.float64)).astype("<i2")
    wanted = AudioFormat(chunk.format.rate_hz, channels)
    return Chunk(wanted, np.repeat(mixed, channels).tobytes())


def _from_24_bit(pcm: bytes) -> NDArray[np.int64]:
    parts = np.frombuffer(pcm, dtype=np.uint8).reshape(-1, 3)
    padded = np.zeros((len(parts), 4), dtype=np.uint8)
    padded[:, 1:] = parts
    return padded.view("<i4").ravel().astype(np.int64) >> 8


def _rounded(wide: NDArray[np.int64], bits: int) -> bytes:
    nearest = (wide + (1 << (bits - 1))) >> bits
    narrow: Samples = np.minimum(nearest, 32767).astype("<i2")
    return narrow.tobytes()
