"""The cloned voices that a host was told of."""

from dataclasses import dataclass

import numpy as np

from voxd.audio import pcm, wav
from voxd.errors import BadRequestError
from voxd.neural.embeddings import EmbeddingOf
from voxd.neural.faults import FaultError
from voxd.neural.speech_model import CLIP_RATE_HZ, Samples
from voxd.wire.wyoming.host_events import Fault

CLIP_MAX_S = 120.0


@dataclass(slots=True)
class KnownVoice:
    """A voice; in the model's thread `ready` is set once its embedding is there, `lost` if that cannot be had."""

    of: EmbeddingOf
    ready: bool = False
    lost: bool = False


class ClonedVoices:
    """Cloned voices by their name."""

    def __init__(self) -> None:
        self._known: dict[str, KnownVoice] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Those that can speak."""
        return tuple(name for name, known in self._known.items() if known.ready and not known.lost)

    def told(self, of: EmbeddingOf) -> KnownVoice:
        """The voice of that name, from now on this one."""
        known = self._known.get(of.voice)
        if known is None or known.lost or known.of != of:
            known = self._known[of.voice] = KnownVoice(of)
        return known

    def find(self, name: str) -> KnownVoice:
        """The voice. Raises FaultError if it is unknown, or not ready."""
        known = self._known.get(name)
        if known is None or known.lost:
            raise FaultError(Fault.UNKNOWN_VOICE, f"The engine knows no voice {name[:64]!r}")
        if not known.ready:
            raise FaultError(Fault.PREPARING, f"The voice {name} is still being prepared")
        return known

    def any_ready(self) -> KnownVoice | None:
        """One that can speak, if there is one."""
        return next((self._known[name] for name in self.names), None)

    def forget(self, name: str) -> EmbeddingOf | None:
        """Know it no longer; the one that was known."""
        known = self._known.pop(name, None)
        return known.of if known is not None else None

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all embeddings that voices need."""
        return frozenset(known.of.key for known in self._known.values())


def clip_samples(data: bytes) -> Samples:
    """The sound of a reference clip. Raises BadRequestError unless it is a mono WAV at CLIP_RATE_HZ."""
    chunk = wav.parse(data)
    if chunk.format.rate_hz != CLIP_RATE_HZ or chunk.format.channels != 1:
        raise BadRequestError(f"A reference clip must be mono at {CLIP_RATE_HZ} Hz")
    if not 0 < chunk.duration_s <= CLIP_MAX_S:
        raise BadRequestError(f"A reference clip lasts up to {CLIP_MAX_S:g} s, not {chunk.duration_s:.1f} s")
    return pcm.samples(chunk)[:, 0].astype(np.float32) / np.float32(32768)
