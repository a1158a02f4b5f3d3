"""The guard: plays no sentence that sounds like somebody else than its voice."""

import hashlib
from collections import OrderedDict
from typing import Protocol

from voxd.errors import EngineError
from voxd.model.audio import Clip
from voxd.model.voice import Voice

REMEMBERED_MAX = 4096
"""So many judgements are remembered, so that a cached sentence is not judged each time it is heard."""
Key = tuple[str, str, bytes]


class StrangerError(EngineError):
    """A sentence sounds like somebody else."""


class Identity(Protocol):
    """Who can tell whether a sound is a voice's."""

    async def similarity(self, voice: Voice, clip: Clip) -> float | None:
        """Cosine of the speaker vectors of the clip and of the voice's reference clip, -1 to 1; 1 is the same.

        None where it cannot be judged, as of a very short clip. Raises VoxdError where nobody can judge now.
        """


class Guard:
    """Asks `identity`; without one, no sentence of a guarded voice is played."""

    def __init__(self, identity: Identity | None = None) -> None:
        self._identity = identity
        self._judged: OrderedDict[Key, float | None] = OrderedDict()

    async def check(self, voice: Voice, clip: Clip) -> None:
        """Raises StrangerError where the clip is less similar than `voice.guard`, VoxdError where nobody can judge."""
        key = (voice.name, voice.reference, hashlib.sha256(clip.pcm).digest())
        if key not in self._judged:
            self._remember(key, await self._similarity(voice, clip))
        self._judged.move_to_end(key)
        similarity = self._judged[key]
        if voice.guard is not None and similarity is not None and similarity < voice.guard:
            raise StrangerError(f"It sounds like somebody else ({similarity:.2f} of {voice.guard:g})")

    async def _similarity(self, voice: Voice, clip: Clip) -> float | None:
        if self._identity is None:
            raise EngineError("Nobody is there to tell whether it sounds like itself, as its guard demands")
        return await self._identity.similarity(voice, clip)

    def _remember(self, key: Key, similarity: float | None) -> None:
        self._judged[key] = similarity
        while len(self._judged) > REMEMBERED_MAX:
            self._judged.popitem(last=False)
