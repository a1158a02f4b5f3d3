"""The port that every neural speech model fills; an engine host runs one of them in its one model thread."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono sound, full scale 1.0."""
Arrays = Mapping[str, NDArray[np.float32]]
"""A speaker embedding as it is kept on disk: named arrays."""

CLIP_RATE_HZ = 48_000
"""Reference clips are kept, and given to models, as mono at this rate."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a loaded model tells of itself.

    `fingerprint` names program, architecture, weights and every option that changes the sound. `languages` are
    BCP 47 tags. `speakers` are the ways to sound that need no reference clip. `embedding_scheme` grows when the
    same clip gives another embedding for a reason that `weights` does not show; `weights` is a hash of what made
    the embeddings. `clones_once` is what the owner has to do first, where it could clone and does not.
    `changes_rate`: it fills PacedModel.
    """

    fingerprint: str
    rate_hz: int
    languages: tuple[str, ...]
    speakers: tuple[str, ...]
    device: str
    dtype: str
    weights: str
    embedding_scheme: int = 1
    clones: bool = False
    clones_once: str = ""
    needs_transcript: bool = False
    changes_rate: bool = False


class Prepared(Protocol):
    """A speaker embedding as the model speaks with it: on its device, with whatever of its state can be reused."""

    @property
    def bytes(self) -> int:
        """How much of the device's memory it takes."""


class SpeechModel(Protocol):
    """A speech model. It is made anywhere, without loading anything; every method is then called in one thread.

    Any exception is allowed: faults.py tells what it means for the process.
    """

    def load(self, tell: Callable[[str], None]) -> ModelFacts:
        """Load the weights and warm up, telling in a few words what goes on. Raises EngineError for the owner."""

    def derive(self, clip: Samples, transcript: str) -> Arrays:
        """The speaker embedding of a reference clip at CLIP_RATE_HZ; `transcript` may be empty if not needed."""

    def prepare(self, embedding: Arrays, transcript: str) -> Prepared:
        """An embedding made ready to speak with."""

    def speak(
        self, text: str, *, language: str, speaker: str, prepared: Prepared | None, seed: int | None
    ) -> Iterator[Samples]:
        """The sound of a sentence, piece by piece as it is made; closing the iterator ends it.

        `prepared` is the cloned voice; without it `speaker` is one of the facts' speakers. The same `seed` gives
        the same samples.
        """

    def shrink(self) -> bool:
        """Free what can be freed after the device ran out of memory, and need less from now on.

        False where nothing is left to give up.
        """

    def memory_bytes(self) -> int:
        """How much of the device's memory is in use; of the process where there is no device of its own."""


class PacedModel(SpeechModel, Protocol):
    """A model that speaks quicker and slower by itself."""

    def speak(
        self,
        text: str,
        *,
        language: str,
        speaker: str,
        prepared: Prepared | None,
        seed: int | None,
        rate: float = 1.0,
    ) -> Iterator[Samples]:
        """See SpeechModel; `rate` is the factor on the model's normal speed, 0.25 to 4."""
