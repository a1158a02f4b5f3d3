"""The clips spoken lately, in memory."""

from collections import OrderedDict

from voxd.model.audio import Clip


class RecentClips:
    """At most `max_bytes` of PCM; who was not asked for the longest leaves first."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._clips: OrderedDict[str, Clip] = OrderedDict()

    @property
    def bytes(self) -> int:
        """PCM kept."""
        return self._bytes

    def get(self, key: str) -> Clip | None:
        """The clip of that key, if it is here."""
        clip = self._clips.get(key)
        if clip is not None:
            self._clips.move_to_end(key)
        return clip

    def put(self, key: str, clip: Clip) -> None:
        """Keep a clip; one that is larger than all the room is not kept."""
        self.remove(key)
        if len(clip.pcm) > self._max_bytes:
            return
        self._clips[key] = clip
        self._bytes += len(clip.pcm)
        while self._bytes > self._max_bytes:
            self.remove(next(iter(self._clips)))

    def remove_all(self, prefix: str) -> None:
        """Keep none whose key begins so."""
        for key in [key for key in self._clips if key.startswith(prefix)]:
            self.remove(key)

    def remove(self, key: str) -> None:
        """Keep the clip no longer, if it is here."""
        clip = self._clips.pop(key, None)
        if clip is not None:
            self._bytes -= len(clip.pcm)
