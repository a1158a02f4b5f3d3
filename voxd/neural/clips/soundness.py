"""Whether the samples of a recording can be used at all: numbers, loud enough, not cut off at full scale."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from voxd.errors import BadRequestError
from voxd.neural.clips.reading import WANTED
from voxd.neural.clips.recording import Recording

SHORTEST_S = 1.0
SILENT_BELOW, QUIET_BELOW = 0.001, 0.03
"""The greatest amplitude of what is taken for silence (-60 dB of full scale), and of what is too quiet (-30 dB)."""
FULL_SCALE = 0.99
CLIPPED_NOTED, CLIPPED_REFUSED = 0.0005, 0.02
"""Shares of samples at full scale."""
POOR_RATE_BELOW_HZ = 16_000
CUT_OFF_BELOW = 0.98


def sound(recording: Recording) -> tuple[Recording, tuple[str, ...]]:
    """The recording without DC offset and within full scale, and what is to be said of it.

    Raises BadRequestError for what no voice can be made from.
    """
    _check(recording)
    peak = _peak(recording.samples)
    scaled = recording.samples if recording.limited or peak <= 1 else recording.samples / np.float32(peak)
    centred = scaled - scaled.mean(axis=0, dtype=np.float64).astype(np.float32)
    notes = (*_file_notes(recording), *_quiet_notes(centred), *_clipping_notes(scaled))
    return replace(recording, samples=centred), notes


def _check(recording: Recording) -> None:
    if recording.duration_s < SHORTEST_S:
        lasts = f"{recording.duration_s:.2f} s"
        raise BadRequestError(f"This recording lasts only {lasts}; a reference clip needs {WANTED}")
    if strange := int(np.count_nonzero(~np.isfinite(recording.samples))):
        raise BadRequestError(
            f"This recording holds samples that are no numbers ({strange} are NaN or infinite): "
            "the program that wrote it is at fault; have it write WAV with 16 bit"
        )


def _file_notes(recording: Recording) -> tuple[str, ...]:
    notes = []
    if recording.duration_s < CUT_OFF_BELOW * recording.promised_s:
        notes.append(
            f"The file is cut off or damaged: {recording.duration_s:.1f} s of {recording.promised_s:.1f} s are there. "
            "Does its transcript end where it ends?"
        )
    if recording.rate_hz < POOR_RATE_BELOW_HZ:
        notes.append(f"It was recorded at {recording.rate_hz} Hz, like a telephone; 44100 Hz or more sound natural.")
    if recording.bits == 8:
        notes.append("It has 8 bits a sample, which hiss; record with 16 bits.")
    return tuple(notes)


def _quiet_notes(samples: NDArray[np.float32]) -> tuple[str, ...]:
    peak = _peak(samples)
    if peak >= QUIET_BELOW:
        return ()
    level = f"its loudest sample is {20 * np.log10(peak):.0f} dB" if peak > 1e-9 else "nothing moves in it"
    if peak < SILENT_BELOW:
        raise BadRequestError(f"This recording is silent: {level}. Was the microphone muted?")
    return (f"It is very quiet: {level}, -12 dB would be good. Turn the microphone up.",)


def _clipping_notes(samples: NDArray[np.float32]) -> tuple[str, ...]:
    share = float(np.mean((samples >= FULL_SCALE) | (samples <= -FULL_SCALE), axis=0).max())
    if share >= CLIPPED_REFUSED:
        raise BadRequestError(
            f"This recording is overdriven: {share:.0%} of its samples are at full scale. "
            "Record it again with the microphone turned down"
        )
    if share >= CLIPPED_NOTED:
        return (f"It is overdriven in places: {share:.2%} of its samples are at full scale. Turn the microphone down.",)
    return ()


def _peak(samples: NDArray[np.float32]) -> float:
    return max(float(samples.max()), -float(samples.min()))
