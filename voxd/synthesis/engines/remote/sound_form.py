"""How the samples of a stranger's sound are to be read."""

from dataclasses import dataclass

import numpy as np

from voxd.audio.pcm import Samples, to_int16
from voxd.model.audio import AudioFormat, Chunk


@dataclass(frozen=True, slots=True)
class SoundForm:
    """Little-endian samples of `width` bytes: integers (one byte unsigned, more of them signed), or float32."""

    rate_hz: int
    channels: int = 1
    width: int = 2
    floating: bool = False

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame: one sample for each channel."""
        return self.width * self.channels

    def chunk(self, frames: bytes) -> Chunk:
        """Whole frames, as 16 bit."""
        pcm = _floats_as_int16(frames) if self.floating else to_int16(frames, self.width)
        return Chunk(AudioFormat(self.rate_hz, self.channels), pcm)


def _floats_as_int16(frames: bytes) -> bytes:
    """Full scale is 1.0; what is beyond is cut off there, what is no number is silence."""
    loud = np.nan_to_num(np.frombuffer(frames, dtype="<f4"), posinf=1.0, neginf=-1.0) * np.float64(32768)
    narrow: Samples = np.rint(np.clip(loud, -32768, 32767)).astype("<i2")
    return narrow.tobytes()
