"""Finding clicks and gaps in what was recorded of sounds that are smooth: tones below 700 Hz with soft edges."""

import numpy as np
from numpy.typing import NDArray

BEND_MAX = 0.08
"""A tone of 700 Hz at 22050 Hz bends by 0.04 of its amplitude from sample to sample; twice as much is a click."""


def clicks(samples: NDArray[np.int16]) -> list[int]:
    """Where the sound, between silences, has a corner that no smooth tone has: a step, or a piece that is missing."""
    wave = np.pad(samples.astype(np.float64), 1)
    bends = np.abs(wave[:-2] - 2 * wave[1:-1] + wave[2:])
    found = np.flatnonzero(bends > BEND_MAX * np.abs(wave).max(initial=1.0))
    return [int(at) for at in found]


def silences(samples: NDArray[np.int16], longer_than: int) -> list[tuple[int, int]]:
    """From where to where it is silent for more than so many samples, between the first sound and the last."""
    sounding = np.flatnonzero(samples)
    ends = np.flatnonzero(np.diff(sounding) > longer_than)
    return [(int(sounding[at]) + 1, int(sounding[at + 1])) for at in ends]
