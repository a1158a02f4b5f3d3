"""The port that every kind of remote speech server fills; RemoteEngine asks one or several of a kind."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from voxd.model.audio import Chunk
from voxd.synthesis.engine import ReferenceClip, Sentence, Speaker


@dataclass(frozen=True, slots=True)
class Learned:
    """What a server tells of itself, or its settings tell of it.

    `program` names its program, model and version as far as it tells. The rest is as in EngineTraits.
    """

    program: str
    speakers: tuple[Speaker, ...]
    rate_hz: int | None = None
    changes_rate: bool = False
    styles: frozenset[str] = frozenset()
    clones: bool = False
    needs_transcript: bool = False
    clones_once: str = ""
    languages: tuple[str, ...] = ()


class SpeechServer(Protocol):
    """One server, asked in the way of its kind. Whatever goes wrong is an OSError, a TimeoutError or a ProtocolError.

    A refusal of what was asked, which another try or another server would not answer better, is a BadRequestError;
    that is an UnknownVoiceError where it does not know the voice, as when it was started anew and has lost it.
    Timeouts are those of its settings: to connect, until the first sound, between two pieces of sound. Retries, the
    choice among several servers, silence in place of speech, and the words for the owner are RemoteEngine's.
    """

    address: str
    """How the owner knows it, for sentences to them; without secrets."""

    async def close(self) -> None:
        """Drop what is held between two sentences."""

    async def learn(self) -> Learned:
        """Ask what it is and who speaks there; this is the probe of its health, too, and costs it no synthesis."""

    def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sound of a sentence as it comes, all in one format. Closing it leaves the server at once."""


@runtime_checkable
class CloningServer(Protocol):
    """A server that speaks in voices made from reference clips that we give it."""

    async def introduce(self, clip: ReferenceClip) -> None:
        """Have it know a clip under `clip.speaker`; again is harmless. Raises as SpeechServer does."""

    async def forget(self, speaker: str) -> None:
        """Have it forget a voice; one that it never knew is no error."""


@runtime_checkable
class CloningSpeechServer(SpeechServer, CloningServer, Protocol):
    """Both."""
