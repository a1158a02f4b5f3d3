"""The port that every speech engine fills."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from voxd.model.audio import Chunk
from voxd.model.voice import Voice


@dataclass(frozen=True, slots=True)
class Sentence:
    """The unit of synthesis: normalized text, the voice, and how to say it.

    `language` is a BCP 47 tag that the voice speaks; `rate` is the factor on the engine's normal speed, the
    voice's own rate included.
    """

    text: str
    voice: Voice
    language: str
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Speaker:
    """One of an engine's ways to sound. `name` is what the engine calls it; `languages` are BCP 47 tags."""

    name: str
    languages: tuple[str, ...]
    description: str = ""


@dataclass(frozen=True, slots=True)
class EngineTraits:
    """What an engine declares of itself.

    `fingerprint` names program, model and version: whatever changes its sound beside the sentence.
    `rate_hz` is its sample rate, None where only the sound itself tells. `concurrency` is how many sentences
    it speaks at once. `remote`: it is another machine's or process's, looked for again when it is asked to speak.
    """

    fingerprint: str
    rate_hz: int | None = None
    changes_rate: bool = False
    clones: bool = False
    concurrency: int = 1
    remote: bool = False


class Engine(Protocol):
    """An adapter to one speech model."""

    name: str

    async def start(self) -> None:
        """Find out whether it can speak; traits and speakers are known afterwards. Raises EngineError."""

    async def stop(self) -> None:
        """Undo start; end whatever it still runs."""

    @property
    def traits(self) -> EngineTraits:
        """What it declares of itself."""

    @property
    def speakers(self) -> tuple[Speaker, ...]:
        """Its ways to sound, its preferred one first."""

    def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sound of a sentence as it is made, all chunks in one format, at least one of them not empty.

        Closing the generator cancels the synthesis within 50 ms. Raises EngineError, also in mid-stream.
        """
