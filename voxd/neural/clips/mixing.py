"""One channel out of several, also where they are silent, or each other's mirror image."""

import numpy as np

from voxd.neural.clips.recording import Recording, Sound
from voxd.neural.speech_model import Samples

SILENT_BESIDE = 0.01
"""A channel with less than that share of the loudest one's amplitude holds no sound of its own (-40 dB)."""
CANCELLED_BELOW = 0.25
"""A mixture with less than that share of the loudest channel's amplitude has cancelled itself out (-12 dB)."""


def mixed(recording: Recording) -> Sound:
    """The mean of the channels that hold sound; the loudest one where they cancel each other out."""
    samples = recording.samples
    if recording.channels == 1:
        return Sound(samples[:, 0])
    levels = np.array([_level(samples[:, number]) for number in range(recording.channels)])
    loudest = int(levels.argmax())
    mean = samples[:, levels >= SILENT_BESIDE * levels[loudest]].mean(axis=1)
    if _level(mean) < CANCELLED_BELOW * levels[loudest]:
        return Sound(
            samples[:, loudest].copy(),
            (f"Its {recording.channels} channels cancel each other out, so only the loudest one was taken.",),
        )
    return Sound(mean, (f"Its {recording.channels} channels were mixed into one.",))


def _level(samples: Samples) -> float:
    """RMS; of one channel at a time, as a minute of eight takes much memory."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
