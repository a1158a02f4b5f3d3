"""Clips as they were mastered lately, so that what is said again is heard at once."""

from collections import OrderedDict

from voxd.audio.treatment import Treatment
from voxd.model.audio import Chunk, Clip


class MasteredClips:
    """At most `max_bytes` of PCM, before and after; who was not asked for the longest leaves first."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._clips: OrderedDict[tuple[Chunk, Treatment], Clip] = OrderedDict()

    def get(self, clip: Chunk, treatment: Treatment) -> Clip | None:
        """The clip so treated, if it is here."""
        mastered = self._clips.get((clip, treatment))
        if mastered is not None:
            self._clips.move_to_end((clip, treatment))
        return mastered

    def put(self, clip: Chunk, treatment: Treatment, mastered: Clip) -> None:
        """Keep it; one that takes more than a quarter of the room is not kept."""
        if 8 * len(clip.pcm) > self._max_bytes or (clip, treatment) in self._clips:
            return
        self._clips[clip, treatment] = mastered
        self._bytes += len(clip.pcm) + len(mastered.pcm)
        while self._bytes > self._max_bytes:
            (oldest, _), gone = self._clips.popitem(last=False)
            self._bytes -= len(oldest.pcm) + len(gone.pcm)
