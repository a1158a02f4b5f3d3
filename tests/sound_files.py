"""Sound files of all kinds, good and bad, made from what espeak-ng says."""

import io

import numpy as np
import soundfile
from numpy.typing import NDArray
from reference_clips import TRANSCRIPT, speech

Sound = NDArray[np.float32]


def spoken(voice: str = "en-us", text: str = TRANSCRIPT) -> tuple[Sound, int]:
    """Speech, one channel, and its rate."""
    return decoded(speech(voice, text))


def decoded(data: bytes) -> tuple[Sound, int]:
    """The samples of a sound file, and its rate."""
    samples, rate_hz = soundfile.read(io.BytesIO(data), dtype="float32")
    return samples, rate_hz


def encoded(samples: NDArray[np.floating], rate_hz: int, kind: str = "WAV", subtype: str = "PCM_16") -> bytes:
    """A sound file with these samples, of shape (frames,) or (frames, channels)."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format=kind, subtype=subtype)
    return file.getvalue()


def silent_flac(duration_s: int, rate_hz: int = 8_000) -> bytes:
    """Silence, packed so well that hours of it are small."""
    file = io.BytesIO()
    minute = np.zeros(60 * rate_hz, dtype=np.int16)
    with soundfile.SoundFile(file, "w", rate_hz, 1, "PCM_16", format="FLAC") as flac:
        for _ in range(duration_s // 60):
            flac.write(minute)
    return file.getvalue()
