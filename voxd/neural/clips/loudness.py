"""How loud people find a sound: integrated loudness and true peak of ITU-R BS.1770-4, for one channel at 48 kHz."""

import numpy as np
import soxr
from numpy.typing import NDArray

from voxd.neural.speech_model import CLIP_RATE_HZ, Samples

TARGET_LUFS = -20.0
PEAK_MAX_DB = -1.0
OVERSAMPLING = 4
BLOCK_FRAMES = round(0.4 * CLIP_RATE_HZ)
STEP_FRAMES = BLOCK_FRAMES // 4
SILENCE_LUFS = -70.0
RELATIVE_GATE_LU = 10.0

_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
"""The two stages of the K weighting, numerator and denominator: tables 1 and 2 of BS.1770-4, made for 48 kHz."""


def levelled(sound: Samples) -> Samples:
    """The sound at TARGET_LUFS, or as near to that as its true peak may come to PEAK_MAX_DB; silence unchanged."""
    peak = true_peak(sound)
    if peak == 0.0:
        return sound
    loudest = sound / np.float32(peak)
    gain_db = min(TARGET_LUFS - loudness_lufs(loudest), PEAK_MAX_DB)
    return loudest * np.float32(10 ** (gain_db / 20))


def loudness_lufs(sound: Samples) -> float:
    """Integrated loudness with both gates; minus infinity where all is quieter than SILENCE_LUFS, or under 0.4 s."""
    power = np.concatenate(([0.0], np.cumsum(np.square(_weighted(sound)))))
    starts = np.arange(0, len(sound) - BLOCK_FRAMES + 1, STEP_FRAMES)
    blocks = (power[starts + BLOCK_FRAMES] - power[starts]) / BLOCK_FRAMES
    heard = blocks[_lufs(blocks) > SILENCE_LUFS]
    if not len(heard):
        return -np.inf
    kept = heard[_lufs(heard) > _lufs(heard.mean()) - RELATIVE_GATE_LU]
    return float(_lufs(kept.mean()))


def true_peak(sound: Samples) -> float:
    """The greatest amplitude between the samples, too: BS.1770-4, annex 2."""
    between = soxr.resample(sound, CLIP_RATE_HZ, OVERSAMPLING * CLIP_RATE_HZ, quality="HQ")
    return float(max(np.abs(between).max(initial=0.0), np.abs(sound).max(initial=0.0)))


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-20))


def _weighted(sound: Samples) -> NDArray[np.float64]:
    """The K-weighted sound: both filters at once, in the frequency domain, with a second or more for their echo."""
    size = 1 << (len(sound) + CLIP_RATE_HZ).bit_length()
    back = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    response = np.ones_like(back)
    for (b0, b1, b2), (a0, a1, a2) in (_SHELF, _HIGH_PASS):
        response *= (b0 + b1 * back + b2 * back**2) / (a0 + a1 * back + a2 * back**2)
    return np.fft.irfft(np.fft.rfft(sound, size) * response, size)[: len(sound)]
