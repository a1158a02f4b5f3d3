"""A recording as it came in a file."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxd.neural.speech_model import Samples


@dataclass(frozen=True, slots=True)
class Recording:
    """The sound of a file: `samples` of shape (frames, channels), full scale 1.0, and where they came from.

    `bits` is the width of its samples where they are plain integers, else 0; `limited`: what was louder than full
    scale was lost. `promised_s` is what the file's header tells of its length, which need not be true.
    """

    samples: NDArray[np.float32]
    rate_hz: int
    kind: str
    bits: int
    limited: bool
    promised_s: float

    @property
    def channels(self) -> int:
        """How many there are."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """What is really there."""
        return len(self.samples) / self.rate_hz


@dataclass(frozen=True, slots=True)
class Sound:
    """One channel, and sentences on what had to be done for it."""

    samples: Samples
    notes: tuple[str, ...] = ()
