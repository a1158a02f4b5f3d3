"""Seams: the silence between two sentences, as long as it sounds natural."""

import numpy as np

from voxd.audio.fades import QUIET
from voxd.audio.pcm import samples
from voxd.model.audio import AudioFormat, Chunk, Seam

PAUSE_S = 0.3
"""The silence from the end of a sentence to the next one; what the engine gave at its end is a part of it."""
SEAM_MIN_S = 0.05


class Ending:
    """How a sentence ends: in which format, and after how much silence, as far as that is shorter than a pause."""

    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self._format: AudioFormat | None = None
        self._quiet_frames = 0

    def note(self, chunk: Chunk) -> None:
        """So it went on."""
        if chunk.format != self._format:
            self._format, self._quiet_frames = chunk.format, 0
        last = samples(chunk)[-max(1, round(self._pause_s * chunk.format.rate_hz)) :]
        loud = np.flatnonzero(np.abs(last.astype(np.int32)).max(axis=1) > QUIET)
        self._quiet_frames = len(last) - 1 - int(loud[-1]) if len(loud) else self._quiet_frames + len(last)

    def seam(self) -> Seam:
        """The silence that follows."""
        assert self._format is not None, "a sentence gives sound"
        missing_s = self._pause_s - self._quiet_frames / self._format.rate_hz
        frames = round(max(SEAM_MIN_S, missing_s) * self._format.rate_hz)
        return Seam(self._format, bytes(frames * self._format.frame_bytes))
