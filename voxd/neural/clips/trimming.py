"""What is kept of a recording: its speech, with a breath before and after it."""

import numpy as np

from voxd.neural.clips.speech_activity import Span
from voxd.neural.clips.speech_levels import FRAME_S, SpeechLevels
from voxd.neural.speech_model import CLIP_RATE_HZ, Samples

BREATH_S = 0.15
FADE_S = 0.01
GAP_S = 0.3
BELOW_SPEECH_DB = 20.0
ABOVE_NOISE_DB = 6.0
"""What is louder than these and next to speech is not cut off: no network hears each whispered word."""


def trimmed(sound: Samples, spans: tuple[Span, ...], levels: SpeechLevels) -> Samples:
    """The sound at CLIP_RATE_HZ from its first speech to its last, faded at both ends."""
    least_db = max(levels.speech_db - BELOW_SPEECH_DB, levels.noise_db + ABOVE_NOISE_DB)
    loud_s = np.flatnonzero(levels.frames_db >= least_db) * FRAME_S
    start_s, end_s = spans[0].start_s, spans[-1].end_s
    for at_s in loud_s[loud_s < start_s][::-1]:
        start_s = at_s if start_s - at_s <= GAP_S else start_s
    for at_s in loud_s[loud_s > end_s]:
        end_s = at_s + FRAME_S if at_s - end_s <= GAP_S else end_s
    first, after = max(0.0, start_s - BREATH_S), end_s + BREATH_S
    return _faded(sound[round(first * CLIP_RATE_HZ) : round(after * CLIP_RATE_HZ)])


def _faded(sound: Samples) -> Samples:
    ramp = np.linspace(0, 1, round(FADE_S * CLIP_RATE_HZ), dtype=np.float32)
    faded = sound.copy()
    faded[: len(ramp)] *= ramp
    faded[-len(ramp) :] *= ramp[::-1]
    return faded
