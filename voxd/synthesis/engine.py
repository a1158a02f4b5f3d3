"""The port that every speech engine fills."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

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
    it speaks at once, `overtaking` how many more where those are announcements and renderings have its turns.
    `remote`: it is another machine's or process's, looked for again when it is asked to speak.
    `styles` are the ways to speak that a sentence's voice may ask for beside its speaker.
    `clones`: it fills CloningEngine; `needs_transcript`: for that it must know what a reference clip says;
    `clones_once` is what its owner has to do first, where it could and does not. `languages` are BCP 47 tags that all
    its cloned voices speak, whatever their clips' are.
    """

    fingerprint: str
    rate_hz: int | None = None
    changes_rate: bool = False
    styles: frozenset[str] = frozenset()
    clones: bool = False
    needs_transcript: bool = False
    clones_once: str = ""
    languages: tuple[str, ...] = ()
    concurrency: int = 1
    overtaking: int = 0
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


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """How an engine is: `state` is waiting, loading, ready, repairing or failed, `reason` a sentence for the owner.

    `details` are figures for programs: device, dtype, memory_mb, fingerprint, embeddings.
    """

    state: str
    reason: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


@runtime_checkable
class WatchedEngine(Protocol):
    """An engine whose health changes while the daemon runs; one that is not watched is ready once started."""

    @property
    def health(self) -> EngineHealth:
        """How it is now."""

    def listen(self, listener: Callable[[EngineHealth], None]) -> Callable[[], None]:
        """Call `listener` at every change of state or reason from now on; what is returned ends that."""

    async def settled(self) -> EngineHealth:
        """Wait until it is neither waiting, loading nor repairing."""


@runtime_checkable
class TendedEngine(Protocol):
    """An engine with a loop that looks after what it speaks with."""

    @property
    def tended(self) -> bool:
        """Whether that loop goes on; what it looks after may be away."""


@dataclass(frozen=True, slots=True)
class ReferenceClip:
    """What a cloned voice is made from. `speaker` is the name that sentences will carry; `wav` reads the clip's file.

    The clip is mono at 48 kHz, trimmed, at the usual loudness.
    """

    speaker: str
    wav: Path
    transcript: str
    language: str


@runtime_checkable
class CloningEngine(Protocol):
    """An engine that speaks in voices made from reference clips."""

    async def know(self, clip: ReferenceClip) -> str:
        """Have the speaker embedding found or made; where it came from: memory, disk or clip.

        The engine remembers the clip, whatever happens to it, until `forget`; what could not be done now is done
        when the engine is back. Raises EngineError where it is not there, or cannot use the clip.
        """

    async def forget(self, speaker: str) -> None:
        """Forget a voice, its embedding on disk too. One that was never known is no error."""
