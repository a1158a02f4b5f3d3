"""Whether what is spoken sounds like the voice it should be: GE2E speaker vectors, compared."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from voxd.audio.wav import wav_bytes
from voxd.errors import EngineError
from voxd.model.audio import Clip
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.wire.wyoming.host_events import Vector


class Listener(Protocol):
    """Who makes speaker vectors; synthesis/engines/clips_host.py in the daemon."""

    async def vector(self, wav: bytes) -> Vector:
        """The vector of a sound. Raises VoxdError."""


class Registry(Protocol):
    """Who knows the vectors of the reference clips; store.py in the daemon."""

    def vector_of(self, voice: VoiceId) -> tuple[float, ...]:
        """The speaker vector of an enrolled voice's clip; empty where it has none."""


class Identity:
    """Compares sounds with the reference clips of their voices."""

    def __init__(self, listener: Listener, registry: Registry) -> None:
        self._listener = listener
        self._registry = registry

    async def similarity(self, voice: Voice, clip: Clip) -> float | None:
        """How much a clip sounds like the voice's reference clip, -1 to 1; None if it holds too little speech.

        Raises EngineError if the voice has no reference clip, or nobody can compare now.
        """
        of_voice = self._registry.vector_of(voice.name)
        if not of_voice:
            raise EngineError(f'The voice "{voice.name}" has no reference clip to compare with')
        spoken = await self._listener.vector(wav_bytes(clip))
        return similarity(of_voice, spoken.vector) if spoken.vector else None


def similarity(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of two speaker vectors of length 1 (Wan et al., Generalized End-to-End Loss, 2018)."""
    return float(np.dot(np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)))
