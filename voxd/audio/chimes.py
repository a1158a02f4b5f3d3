"""Chimes of our own making: a few lines of arithmetic each, at any rate."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from voxd.model.audio import AudioFormat, Chunk

Tone = NDArray[np.float64]
PEAK = 16_000
EDGE_S = 0.004
"""Every tone rises and falls at least so long."""
Partial = tuple[float, float, float]
"""A multiple of the tone's pitch, its share of the sound, and the time in seconds in which it fades to a third."""
_BAR: Sequence[Partial] = ((1.0, 1.0, 0.40), (2.0, 0.30, 0.25), (2.76, 0.25, 0.12), (5.40, 0.10, 0.05))
"""A struck metal bar: the partials of a free bar, 2.76 and 5.40, and an octave that makes it warm."""
_GONG: Sequence[Partial] = (
    *((1.0, 1.0, 1.1), (1.52, 0.55, 0.9), (2.05, 0.50, 0.8), (2.71, 0.35, 0.6)),
    *((3.36, 0.25, 0.45), (4.19, 0.18, 0.3), (5.62, 0.10, 0.15)),
)


def ding(rate_hz: int) -> Chunk:
    """One stroke, bright."""
    return _chunk(_struck(880.0, 1.2, _BAR, rate_hz), rate_hz)


def dingdong(rate_hz: int) -> Chunk:
    """Two strokes, a major third down: a door bell."""
    return _chunk(
        _mixed(((0.0, _struck(659.26, 1.3, _BAR, rate_hz)), (0.55, _struck(523.25, 1.4, _BAR, rate_hz))), rate_hz),
        rate_hz,
    )


def rise(rate_hz: int) -> Chunk:
    """Three soft strokes upwards: attention, in public places."""
    strokes = [
        (0.22 * number, _struck(pitch, 1.1, _BAR, rate_hz)) for number, pitch in enumerate((523.25, 659.26, 783.99))
    ]
    return _chunk(_mixed(strokes, rate_hz), rate_hz)


def gong(rate_hz: int) -> Chunk:
    """A deep stroke that blooms."""
    tone = _struck(146.83, 2.8, _GONG, rate_hz)
    bloom = 1 - 0.6 * np.exp(-_times(len(tone) / rate_hz, rate_hz) / 0.05)
    return _chunk(tone * bloom, rate_hz)


def chirp(rate_hz: int) -> Chunk:
    """Two short sweeps upwards, as of a bird."""
    sweeps = [(0.0, _sweep(1400.0, 2600.0, 0.12, rate_hz)), (0.17, _sweep(1600.0, 3000.0, 0.14, rate_hz))]
    return _chunk(_mixed(sweeps, rate_hz), rate_hz)


def siren(rate_hz: int) -> Chunk:
    """For alarms: three sweeps, the three pulses that ISO 8201 wants of a signal to leave, but quicker.

    They begin at 520 Hz and are rich in odd harmonics, which wakes sleepers best.
    """
    pulses = [(0.7 * number, _sweep(520.0, 1040.0, 0.5, rate_hz, (1, 3, 5))) for number in range(3)]
    return _chunk(_mixed(pulses, rate_hz), rate_hz)


CHIMES: Mapping[str, Callable[[int], Chunk]] = {
    chime.__name__: chime for chime in (ding, dingdong, rise, gong, chirp, siren)
}
"""By name: each gives its sound, mono, at the rate it is asked for."""

RESTS_S: Mapping[str, float] = {siren.__name__: 0.2}
"""The silence after one that is repeated, so that it keeps its measure; none after the others."""


def _times(duration_s: float, rate_hz: int) -> Tone:
    return np.arange(round(duration_s * rate_hz)) / rate_hz


def _struck(pitch_hz: float, duration_s: float, partials: Sequence[Partial], rate_hz: int) -> Tone:
    """Partials that fade, each at its own pace, as of something struck; those beyond half the rate are left out."""
    at_s = _times(duration_s, rate_hz)
    tone = np.zeros(len(at_s))
    for multiple, share, fades_s in partials:
        if multiple * pitch_hz < 0.45 * rate_hz:
            tone += share * np.exp(-at_s / fades_s) * np.sin(2 * np.pi * multiple * pitch_hz * at_s)
    return _edged(tone, rate_hz, 0.1)


def _sweep(from_hz: float, to_hz: float, duration_s: float, rate_hz: int, harmonics: Sequence[int] = (1,)) -> Tone:
    """A tone that rises evenly in pitch (so many octaves a second), its harmonics each a third as strong again."""
    at_s = _times(duration_s, rate_hz)
    octaves_per_s = np.log2(to_hz / from_hz) / duration_s
    turns = from_hz * (np.exp2(octaves_per_s * at_s) - 1) / (octaves_per_s * np.log(2))
    heard = [harmonic for harmonic in harmonics if harmonic * to_hz < 0.45 * rate_hz]
    tone = sum((np.sin(2 * np.pi * harmonic * turns) / harmonic for harmonic in heard), np.zeros(len(at_s)))
    return _edged(tone, rate_hz, 0.02)


def _edged(tone: Tone, rate_hz: int, fall_s: float) -> Tone:
    """The tone rising within EDGE_S and falling to silence at its end, like halves of a cosine."""
    edged = tone.copy()
    up, down = round(EDGE_S * rate_hz), round(fall_s * rate_hz)
    edged[:up] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(up) / up)
    edged[-down:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, down + 1) / down)
    return edged


def _mixed(tones: Sequence[tuple[float, Tone]], rate_hz: int) -> Tone:
    """Tones that begin at such times, in seconds, together."""
    begun = [(round(at_s * rate_hz), tone) for at_s, tone in tones]
    mixed = np.zeros(max(at + len(tone) for at, tone in begun))
    for at, tone in begun:
        mixed[at : at + len(tone)] += tone
    return mixed


def _chunk(tone: Tone, rate_hz: int) -> Chunk:
    loudest = np.abs(tone).max()
    return Chunk(AudioFormat(rate_hz), np.rint(PEAK / loudest * tone).astype("<i2").tobytes())
