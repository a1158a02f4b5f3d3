"""The pace of one device that plays in step: what it plays when, and how late it is."""

import time

from voxd.delivery.ensemble import Part
from voxd.model.audio import AudioFormat, Seam

DRY_S = 0.03
"""With less sound than this on its way to the ear a device falls silent before more can reach it."""


class StepPace:
    """One sound on one device, in frames of its reel: those of the sound, and of the silence that was added to it."""

    def __init__(self, part: Part, format: AudioFormat) -> None:  # noqa: A002 - the word of the model
        self._part, self._format = part, format
        self._beginning: float | None = None
        self._added = 0
        self._held_from = 0

    async def start(self, lead_s: float) -> float:
        """Wait for the others; the moment at which the first frame is to be heard. It takes `lead_s` at least."""
        self._beginning = await self._part.start(lead_s)
        self._lead_s = lead_s
        return self._beginning

    def heard(self, frames: int, at: float) -> None:
        """So many frames were heard, the last of them at this moment; 0 if nobody can tell."""
        if at and frames > self._held_from:
            self._beginning = at - self._seconds(frames)
            self._tell()

    def lose(self) -> None:
        """The device is lost; when it is back, nobody knows how late it is before it was heard."""
        self._beginning = None
        self._part.note(None)

    def hold(self, frames: int) -> float | None:
        """The moment at which what comes after so many frames is to be heard, if the sound ran dry before it."""
        if self._beginning is None or self._beginning + self._seconds(frames) - time.monotonic() > DRY_S:
            return None
        moment = self._part.resume(self._seconds(frames - self._added), self._lead_s)
        self._beginning, self._held_from = moment - self._seconds(frames), frames
        return moment

    def fitted(self, seam: Seam) -> bytes:
        """The silence of a seam: as it is, or longer or shorter by what is between this device and the others."""
        frames = max(0, seam.frames + round(self._part.wait_s(seam.duration_s) * self._format.rate_hz))
        if frames == seam.frames:
            return seam.pcm
        self._added += frames - seam.frames
        self._tell()
        return seam.pcm[: frames * self._format.frame_bytes].ljust(frames * self._format.frame_bytes, b"\0")

    def _tell(self) -> None:
        if self._beginning is not None:
            self._part.note(self._beginning + self._seconds(self._added))

    def _seconds(self, frames: int) -> float:
        return frames / self._format.rate_hz
