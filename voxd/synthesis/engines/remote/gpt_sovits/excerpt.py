"""The best few seconds of a recording of speech."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

FRAME_S = 0.02
PAUSE_S = 0.14
"""A shorter silence may be in the middle of a word, before a t or a k."""
MARGIN_S = 0.2
"""So much of a pause is kept: breath, and the last sound dying away."""
FADE_S = 0.01
PAUSE_WORTH_S = 0.4
"""A pause of that length is where a sentence ends; longer ones are no better."""
PAUSE_WORTH = 2.0
"""How many seconds of speech a second of pause at an edge is worth."""
BELOW_SPEECH_DB = 30.0
ABOVE_NOISE_DB = 6.0


@dataclass(frozen=True, slots=True)
class Place:
    """A frame where the recording may be cut, and how good a place that is, in seconds of speech."""

    frame: int
    worth: float


def excerpt(samples: Samples, rate_hz: int, min_s: float, max_s: float) -> Samples:
    """From `min_s` to `max_s` of a longer mono recording: as much speech as fits, from pause to pause, led in and out.

    Without a pause in the right place it is the beginning, up to where it is quietest.
    """
    levels = _levels_db(samples, rate_hz)
    speech = _is_speech(levels)
    begin, end = _best(speech, round(min_s / FRAME_S), int(max_s / FRAME_S)) or _quietest(levels, max_s)
    frame = round(rate_hz * FRAME_S)
    cut = samples[begin * frame : end * frame].astype(np.float32)
    fade = np.linspace(0.0, 1.0, round(rate_hz * FADE_S), dtype=np.float32)
    cut[: len(fade)] *= fade
    cut[len(cut) - len(fade) :] *= fade[::-1]
    return np.rint(cut).astype("<i2")


def _levels_db(samples: Samples, rate_hz: int) -> NDArray[np.float64]:
    """The level of each whole frame."""
    frame = round(rate_hz * FRAME_S)
    whole = samples[: len(samples) // frame * frame].reshape(-1, frame).astype(np.float64)
    return np.asarray(10 * np.log10(np.mean(whole**2, axis=1) + 1.0))


def _is_speech(levels: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Frames that are louder than the pauses; a noisy recording has louder pauses."""
    loud, noise = np.percentile(levels, 95), np.percentile(levels, 5)
    threshold = min(max(loud - BELOW_SPEECH_DB, noise + ABOVE_NOISE_DB), loud - BELOW_SPEECH_DB / 2)
    return np.asarray(levels > threshold)


def _best(speech: NDArray[np.bool_], least: int, most: int) -> tuple[int, int] | None:
    """From which frame to which; None where no two places are so far apart. Of equals it is the first."""
    begins, ends = _places(speech)
    so_far = np.concatenate(([0], np.cumsum(speech)))
    best, best_worth = None, 0.0
    for begin in begins:
        for end in ends:
            if least <= end.frame - begin.frame <= most:
                speech_s = float(so_far[end.frame] - so_far[begin.frame]) * FRAME_S
                worth = speech_s + begin.worth + end.worth
                if worth > best_worth:
                    best, best_worth = (begin.frame, end.frame), worth
    return best


def _places(speech: NDArray[np.bool_]) -> tuple[list[Place], list[Place]]:
    """Where an excerpt may begin, and where it may end: the recording's own edges, and those of its pauses."""
    edges = [0, *(np.flatnonzero(np.diff(speech.astype(np.int8))) + 1).tolist(), len(speech)]
    margin = round(MARGIN_S / FRAME_S)
    full = PAUSE_WORTH * PAUSE_WORTH_S
    begins, ends = [Place(0, full)], [Place(len(speech), full)]
    for begin, end in pairwise(edges):
        if end == begin or speech[begin] or (end - begin) * FRAME_S < PAUSE_S:
            continue
        worth = PAUSE_WORTH * min((end - begin) * FRAME_S, PAUSE_WORTH_S)
        begins.append(Place(max(begin, end - margin), worth))
        ends.append(Place(min(end, begin + margin), worth))
    return begins, ends


def _quietest(levels: NDArray[np.float64], max_s: float) -> tuple[int, int]:
    """The beginning, to the quietest frame of its last third."""
    most = min(int(max_s / FRAME_S), len(levels))
    least = most * 2 // 3
    return 0, least + int(np.argmin(levels[least:most]))
