"""A loaded model with its speaker embeddings: all that happens in the model's thread."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, cast

from voxd.engine_host.voices import KnownVoice, clip_samples
from voxd.neural.embedding_folder import EmbeddingFolder
from voxd.neural.embeddings import Embeddings
from voxd.neural.faults import FaultError
from voxd.neural.runaway import rendered
from voxd.neural.speech_model import ModelFacts, PacedModel, Prepared, Samples, SpeechModel
from voxd.wire.wyoming.host_events import EmbeddingFigures, Fault

TEST_SENTENCE = "One, two, three."


@dataclass(frozen=True, slots=True)
class Text:
    """What is to be spoken, and by whom: a speaker of the model, or a cloned voice."""

    text: str
    language: str
    speaker: str
    cloned: KnownVoice | None = None
    seed: int | None = None
    rate: float = 1.0


class _How(TypedDict):
    """What every model is told beside the text."""

    language: str
    speaker: str
    prepared: Prepared | None
    seed: int | None


class LoadedModel:
    """Every method is called in the model's thread; the attributes may be looked at from anywhere."""

    def __init__(self, model: SpeechModel, facts: ModelFacts, folder: Path, memory_max_bytes: int) -> None:
        self._model = model
        self._embeddings = Embeddings(model, EmbeddingFolder(folder), memory_max_bytes)
        self.facts = facts
        self.memory_mb = 0
        self._measure()

    @property
    def figures(self) -> EmbeddingFigures:
        """How well the embeddings were kept."""
        return self._embeddings.figures

    def sound(self, asked: Text) -> Iterator[Samples]:
        """The sound of a text, watched. Raises whatever the model raises, and FaultError."""
        prepared = None
        if asked.cloned is not None:
            try:
                prepared = self._embeddings.prepared(asked.cloned.of)
            except FaultError as error:
                asked.cloned.lost = error.fault is Fault.UNKNOWN_VOICE
                raise

        def speak(seed: int | None) -> Iterator[Samples]:
            how = _How(language=asked.language, speaker=asked.speaker, prepared=prepared, seed=seed)
            if not self.facts.changes_rate:
                return self._model.speak(asked.text, **how)
            return cast("PacedModel", self._model).speak(asked.text, **how, rate=asked.rate)

        rate = asked.rate if self.facts.changes_rate else 1.0
        yield from rendered(speak, asked.text, self.facts.rate_hz, asked.seed, rate)
        self._measure()

    def know(self, voice: KnownVoice, wav: bytes) -> str:
        """Have a voice ready that is made from this reference clip; where its embedding came from."""
        try:
            source = self._embeddings.found_or_made(voice.of, lambda: clip_samples(wav))
        except BaseException:
            voice.lost = True  # whoever asked may be gone by now
            raise
        voice.ready, voice.lost = True, False
        self._measure()
        return source

    def forget(self, name: str, own_key: str | None, keys_of_others: frozenset[str]) -> None:
        """Forget a voice's embedding, in memory and on disk."""
        self._embeddings.forget(name, own_key, keys_of_others)

    def repaired(self, any_voice: Callable[[], KnownVoice | None]) -> bool:
        """Free what can be freed and need less from now on; whether it could, and speaks."""
        self._embeddings.drop()
        if not self._model.shrink():
            return False
        speaker = next(iter(self.facts.speakers), "")
        cloned = None if speaker else any_voice()
        if speaker or cloned is not None:
            for _ in self.sound(Text(TEST_SENTENCE, self.facts.languages[0], speaker, cloned, seed=0)):
                pass
        return True

    def _measure(self) -> None:
        self.memory_mb = self._model.memory_bytes() // 1_000_000
