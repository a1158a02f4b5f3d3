"""Speaker embeddings: made from a reference clip once, kept on disk, and the most used ones ready in memory."""

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from voxd.neural.embedding_file import StoredEmbedding
from voxd.neural.embedding_folder import EmbeddingFolder
from voxd.neural.faults import FaultError
from voxd.neural.speech_model import Arrays, ModelFacts, Prepared, Samples, SpeechModel
from voxd.wire.wyoming.host_events import EmbeddingFigures, Fault

SCHEME = 1
"""Grows when the file of the same embedding changes for a reason that is not among the key's ingredients."""


@dataclass(frozen=True, slots=True)
class EmbeddingOf:
    """Whose embedding: the voice's name, what its clip says, and the key that both have with this model."""

    voice: str
    transcript: str
    key: str


def embedding_key(clip: bytes, transcript: str, engine: str, facts: ModelFacts) -> str:
    """64 hexadecimal digits that change with everything that changes the embedding."""
    clip_hash = hashlib.sha256(clip).hexdigest()
    ingredients = [SCHEME, clip_hash, transcript, engine, facts.weights, facts.embedding_scheme]
    return hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Ready:
    prepared: Prepared
    saves_s: float


class Embeddings:
    """The embeddings that one model speaks with; used in the model's thread, but for `figures`."""

    def __init__(self, model: SpeechModel, folder: EmbeddingFolder, memory_max_bytes: int) -> None:
        self._model = model
        self._folder = folder
        self._memory_max_bytes = memory_max_bytes
        self._memory: OrderedDict[str, _Ready] = OrderedDict()
        self._unkept: dict[str, StoredEmbedding] = {}
        """What the disk did not take."""
        self.figures = EmbeddingFigures()
        """A frozen value, replaced at each change."""

    def found_or_made(self, of: EmbeddingOf, clip: Callable[[], Samples]) -> str:
        """Have the embedding ready to speak with; where it came from: memory, disk or clip. `clip` is its sound."""
        source, ready = self._found(of)
        if ready is None:
            source, ready = "clip", self._made(of, clip())
        self._keep(of.key, ready)
        return source

    def prepared(self, of: EmbeddingOf) -> Prepared:
        """The embedding, ready to speak with. Raises FaultError with Fault.UNKNOWN_VOICE if it has got lost."""
        _, ready = self._found(of)
        if ready is None:
            raise FaultError(Fault.UNKNOWN_VOICE, f"The speaker embedding of {of.voice} has to be made again")
        self._keep(of.key, ready)
        return ready.prepared

    def forget(self, voice: str, own: str | None, others: frozenset[str]) -> None:
        """Forget a voice's embeddings on disk and in memory, but for the keys that others speak with."""
        for key in {*self._folder.keys_of(voice), *((own,) if own else ())} - others:
            self._memory.pop(key, None)
            self._unkept.pop(key, None)
            self._folder.remove(key)
        self._tell_held()

    def drop(self) -> None:
        """Have none in memory: it is needed for something else."""
        self._memory.clear()
        self._tell_held()

    def _found(self, of: EmbeddingOf) -> tuple[str, _Ready | None]:
        source, ready = "memory", self._memory.get(of.key)
        if ready is None and (stored := self._unkept.get(of.key) or self._folder.read(of.key)) is not None:
            source, ready = "disk", self._ready(stored.arrays, of.transcript, stored.encoding_s)
        if ready is not None:
            self._count(hits=1, saved_s=ready.saves_s)
        return source, ready

    def _made(self, of: EmbeddingOf, clip: Samples) -> _Ready:
        began_s = time.monotonic()
        arrays = self._model.derive(clip, of.transcript)
        took_s = time.monotonic() - began_s
        self._count(misses=1, encoding_s=took_s)
        stored = StoredEmbedding(arrays, of.voice, took_s)
        if not self._folder.write(of.key, stored):
            self._unkept[of.key] = stored
        return self._ready(arrays, of.transcript, took_s)

    def _ready(self, arrays: Arrays, transcript: str, saves_s: float) -> _Ready:
        return _Ready(self._model.prepare(arrays, transcript), saves_s)

    def _keep(self, key: str, ready: _Ready) -> None:
        self._memory[key] = ready
        self._memory.move_to_end(key)
        taken = sum(one.prepared.bytes for one in self._memory.values())
        while self._memory and taken > self._memory_max_bytes:
            _, gone = self._memory.popitem(last=False)
            taken -= gone.prepared.bytes
        self._tell_held()

    def _count(self, hits: int = 0, misses: int = 0, encoding_s: float = 0.0, saved_s: float = 0.0) -> None:
        now = self.figures
        self.figures = replace(
            now,
            hits=now.hits + hits,
            misses=now.misses + misses,
            encoding_s=now.encoding_s + encoding_s,
            saved_s=now.saved_s + saved_s,
        )

    def _tell_held(self) -> None:
        self.figures = replace(self.figures, held=len(self._memory))
