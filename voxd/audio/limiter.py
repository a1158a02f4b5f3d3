"""A limiter that looks ahead: nothing swings higher than its ceiling, and what does not reach that is untouched."""

import numpy as np
from numpy.typing import NDArray

from voxd.audio.true_peak import DELAY, TruePeaks, Wave, amplitude_of

LOOK_AHEAD_S = 0.002
"""So long before a peak the gain begins to go down."""
RELEASE_S = 0.2
"""So long it would take to come back from silence; from -6 dB it takes half of that."""
MARGIN_DB = 0.2
"""The ceiling is kept by so much more: what lies between the moments that are looked at, and the rounding to 16 bit."""
_ONE = 1 << 24
"""Reductions are counted in whole parts of this, so that adding them up in other pieces gives the same sum."""
Reductions = NDArray[np.int64]


class Limiter:
    """For one stream of sound; whatever the pieces it is fed, what it gives is the same, to the last bit.

    Amplitudes are in units of a 16-bit sample.
    """

    def __init__(self, rate_hz: int, channels: int, ceiling_dbtp: float) -> None:
        self._ceiling = 32768 * amplitude_of(ceiling_dbtp - MARGIN_DB)
        self._look_ahead = max(1, round(LOOK_AHEAD_S * rate_hz))
        self._step = max(1, round(_ONE / (RELEASE_S * rate_hz)))
        self._peaks = TruePeaks(rate_hz, channels)
        self._before = 0.0
        self._coming = _nothing(self._look_ahead)
        self._last = 0
        self._past = _nothing(self._look_ahead)
        self._delayed = np.zeros((self.delay, channels), dtype=np.float32)
        self._unborn = self.delay

    @property
    def delay(self) -> int:
        """By so many frames what it gives lags behind what it is fed."""
        return DELAY + self._look_ahead

    def feed(self, wave: Wave) -> Wave:
        """What can be given after this; the silence from before the first frame is not."""
        given = self._given(wave)
        unborn = min(self._unborn, len(given))
        self._unborn -= unborn
        return given[unborn:]

    def finish(self) -> Wave:
        """The rest. The limiter must not be fed again."""
        return self.feed(np.zeros((self.delay, self._delayed.shape[1]), dtype=np.float32))

    def _given(self, wave: Wave) -> Wave:
        waiting = np.concatenate((self._delayed, wave))
        sound, self._delayed = waiting[: len(wave)], waiting[len(wave) :]
        wanted = self._wanted(self._peaks.feed(wave, self._ceiling))
        coming = np.concatenate((self._coming, wanted))
        past, self._coming = self._past, coming[len(wanted) :]
        if not (self._last or coming.any() or past.any()):
            return sound
        reductions = np.concatenate((past, self._released(_greatest(coming, self._look_ahead + 1))))
        self._past = reductions[len(wanted) :]
        width = self._look_ahead + 1
        sums = np.concatenate(([0], np.cumsum(reductions)))
        smooth = (sums[width:] - sums[:-width]) / (width * _ONE)
        return sound * (1 - smooth).astype(np.float32)[:, np.newaxis]

    def _wanted(self, peaks: Wave) -> Reductions:
        """By how much each frame is to be reduced, for its own sake: a peak between two frames concerns both."""
        if not len(peaks):
            return _nothing(0)
        both = np.maximum(peaks, np.concatenate(([np.float32(self._before)], peaks[:-1])))
        self._before = float(peaks[-1])
        above = np.maximum(both.astype(np.float64), self._ceiling)
        return np.asarray(np.ceil(_ONE * (1 - self._ceiling / above)), dtype=np.int64)

    def _released(self, wanted: Reductions) -> Reductions:
        """Each at least what is wanted, and less than the one before by one step at most."""
        if not len(wanted):
            return wanted
        slope = self._step * np.arange(len(wanted), dtype=np.int64)
        held: Reductions = np.maximum(np.maximum.accumulate(wanted + slope), self._last - self._step) - slope
        self._last = max(0, int(held[-1]))
        return held


def _nothing(frames: int) -> Reductions:
    return np.zeros(frames, dtype=np.int64)


def _greatest(values: Reductions, width: int) -> Reductions:
    """The greatest of each `width` neighbours: of pairs, then of pairs of pairs, and so on."""
    greatest, reach = values, 1
    while 2 * reach <= width:
        greatest = np.maximum(greatest[:-reach], greatest[reach:])
        reach *= 2
    rest = width - reach
    return np.maximum(greatest[: len(greatest) - rest], greatest[rest:]) if rest else greatest
