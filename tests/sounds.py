"""Sounds for tests, and how to find them again in what was recorded."""

from collections.abc import AsyncGenerator

import numpy as np
from numpy.typing import NDArray

from voxd.model.audio import AudioFormat, Chunk


def noise(duration_s: float, rate_hz: int = 48_000, seed: int = 1) -> Chunk:
    """Noise in which no sample is 0, so that nothing of it can be taken for silence."""
    values = np.random.default_rng(seed).integers(1, 20_000, round(duration_s * rate_hz))
    return Chunk(AudioFormat(rate_hz), values.astype("<i2").tobytes())


def tone(duration_s: float, rate_hz: int = 48_000, pitch_hz: float = 440.0) -> Chunk:
    """A sine at half of full scale."""
    at_s = np.arange(round(rate_hz * duration_s)) / rate_hz
    wave = np.rint(16_000 * np.sin(2 * np.pi * pitch_hz * at_s))
    return Chunk(AudioFormat(rate_hz), wave.astype("<i2").tobytes())


def pieces_of(chunk: Chunk, frames: int) -> list[Chunk]:
    """The chunk cut into pieces of so many frames."""
    size = frames * chunk.format.frame_bytes
    return [Chunk(chunk.format, chunk.pcm[at : at + size]) for at in range(0, len(chunk.pcm), size)]


async def sound_of(*chunks: Chunk) -> AsyncGenerator[Chunk, None]:
    """A sound of these chunks, there at once."""
    for chunk in chunks:
        yield chunk


def samples_of(pcm: bytes) -> NDArray[np.int16]:
    """The samples of mono PCM."""
    return np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2")


def without_silence(pcm: bytes) -> bytes:
    """Mono PCM without the zeros before and after."""
    samples = samples_of(pcm)
    sounding = np.flatnonzero(samples)
    return samples[sounding[0] : sounding[-1] + 1].tobytes() if len(sounding) else b""
