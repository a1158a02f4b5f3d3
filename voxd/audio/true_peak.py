"""The true peak of sound: how far it swings between its samples, too (ITU-R BS.1770-4, annex 2)."""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

Wave = NDArray[np.float32]
"""Sound as numbers, shape (frames, channels)."""
OVERSAMPLED_HZ = 192_000
"""The rate at which the annex wants sound looked at: four times 48 kHz."""
TAPS = 24
"""The length of each filter, in frames: half of them come after the moment that is looked at."""
DELAY = TAPS // 2
_BETA = 6.0
"""The shape of the filters' Kaiser window: flat to nine tenths of half the rate."""


def amplitude_of(level_db: float) -> float:
    """The factor on amplitudes that so many decibels stand for."""
    return float(10 ** (level_db / 20))


def interpolators(rate_hz: int) -> Wave:
    """The filters that give the moments between two samples, shape (moments, TAPS)."""
    return _interpolators(max(1, math.ceil(OVERSAMPLED_HZ / rate_hz)))


class TruePeaks:
    """Follows a stream of sound; whatever the pieces it is fed, what it gives is the same, to the last bit."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._filters = interpolators(rate_hz)
        self._past = np.zeros((TAPS - 1, channels), dtype=np.float32)
        self._overshoot = float(np.abs(self._filters).sum(axis=1).max(initial=1.0))

    def feed(self, wave: Wave, unless_below: float = 0.0) -> Wave:
        """The greatest amplitude from each frame to the next, of all channels; as many values as frames.

        They come DELAY frames late: the first ones are of the silence before the sound. Where it is certain that none
        reaches `unless_below`, they are all 0 instead.
        """
        sound = np.concatenate((self._past, wave))
        self._past = sound[len(wave) :]
        if float(np.abs(sound).max(initial=0.0)) * self._overshoot < unless_below:
            return np.zeros(len(wave), dtype=np.float32)
        frames = sound[DELAY - 1 :][: len(wave) + 1]
        peaks = np.abs(frames).max(axis=1)
        peaks = np.maximum(peaks[:-1], peaks[1:])
        for channel in sound.T:
            peaks = np.maximum(peaks, _between(np.ascontiguousarray(channel), self._filters, len(wave)))
        highest: Wave = peaks
        return highest


def true_peak(wave: Wave, rate_hz: int) -> float:
    """The true peak of a whole sound."""
    after = np.zeros((TAPS, wave.shape[1]), dtype=np.float32)
    return float(TruePeaks(rate_hz, wave.shape[1]).feed(np.concatenate((wave, after))).max(initial=0.0))


def _between(channel: Wave, filters: Wave, frames: int) -> Wave:
    """The greatest amplitude of all moments between; added up tap by tap, so that it does not hang on the length."""
    moments = np.zeros((len(filters), frames), dtype=np.float32)
    for tap in range(TAPS):
        moments += filters[:, tap, np.newaxis] * channel[np.newaxis, tap : tap + frames]
    peaks: Wave = np.abs(moments).max(axis=0, initial=0.0)
    return peaks


@cache
def _interpolators(factor: int) -> Wave:
    """Windowed sinc filters for each of the `factor - 1` moments between two samples."""
    moments = np.arange(1, factor)[:, np.newaxis] / factor
    distance = np.arange(TAPS)[np.newaxis, :] - (DELAY - 1) - moments
    window = np.i0(_BETA * np.sqrt(np.maximum(0.0, 1 - (distance / DELAY) ** 2))) / np.i0(_BETA)
    filters = np.sinc(distance) * window
    level: Wave = (filters / filters.sum(axis=1, keepdims=True)).astype(np.float32)
    return level
