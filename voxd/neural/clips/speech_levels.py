"""How loud the speech of a recording is, and how loud the rest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxd.neural.clips.speech_activity import Span
from voxd.neural.speech_model import CLIP_RATE_HZ, Samples

FRAME_S = 0.02
MARGIN_S = 0.1
"""What is that near to speech tells nothing of the noise."""
NOISE_MIN_S = 0.3
NOISE_PERCENTILE = 25
"""Noise is what is there most of the time: a cough, or a word that was not recognized, is none."""
LEAST_DB = -200.0


@dataclass(frozen=True, slots=True)
class SpeechLevels:
    """Levels in dB of full scale: of each FRAME_S of the sound, of all speech, and of the noise.

    `noise_db` is LEAST_DB where too little but speech is there to tell.
    """

    frames_db: NDArray[np.float64]
    speech_db: float
    noise_db: float

    @property
    def speech_over_noise_db(self) -> float:
        """How far the speech stands out."""
        return self.speech_db - self.noise_db


def speech_levels(sound: Samples, spans: tuple[Span, ...]) -> SpeechLevels:
    """The levels of a sound at CLIP_RATE_HZ with this speech in it; there must be some."""
    size = round(FRAME_S * CLIP_RATE_HZ)
    power = np.mean(np.square(sound[: len(sound) // size * size].reshape(-1, size), dtype=np.float64), axis=1)
    noise = power[~_inside(len(power), spans, MARGIN_S)]
    enough = len(noise) * FRAME_S >= NOISE_MIN_S
    return SpeechLevels(
        _decibels(power),
        float(_decibels(power[_inside(len(power), spans, 0.0)].mean())),
        float(_decibels(np.percentile(noise, NOISE_PERCENTILE))) if enough else LEAST_DB,
    )


def _inside(frames: int, spans: tuple[Span, ...], margin_s: float) -> NDArray[np.bool_]:
    """Which frames begin in speech, or that near to it."""
    starts_s = np.arange(frames) * FRAME_S
    inside = np.zeros(frames, dtype=np.bool_)
    for span in spans:
        inside |= (starts_s >= span.start_s - margin_s) & (starts_s < span.end_s + margin_s)
    return inside


def _decibels(power: NDArray[np.float64] | np.floating) -> NDArray[np.float64]:
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (LEAST_DB / 10))), dtype=np.float64)
