"""Sound as voxd carries it: signed 16-bit little-endian PCM, channels interleaved."""

from dataclasses import dataclass

SAMPLE_WIDTH = 2
"""Bytes per sample, everywhere inside voxd; adapters convert at their edge."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """How the bytes of a piece of PCM are to be read."""

    rate_hz: int
    channels: int = 1

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame: one sample for each channel."""
        return SAMPLE_WIDTH * self.channels

    @property
    def bytes_per_s(self) -> int:
        """Bytes of one second of sound."""
        return self.frame_bytes * self.rate_hz


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of PCM: a whole number of frames."""

    format: AudioFormat
    pcm: bytes

    @property
    def frames(self) -> int:
        """Length in frames."""
        return len(self.pcm) // self.format.frame_bytes

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.format.rate_hz


@dataclass(frozen=True, slots=True)
class Seam(Chunk):
    """Silence between two sentences; an output may make it longer or shorter to keep step with others."""


@dataclass(frozen=True, slots=True)
class Clip(Chunk):
    """The whole sound of one sentence."""
