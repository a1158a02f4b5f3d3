"""What a server sends for a sentence, listened to: speech it is, not silence, and not without end."""

from voxd.errors import ProtocolError
from voxd.model.audio import Chunk
from voxd.synthesis.engine import Sentence

SILENCE_MAX_S = 10.0
SENTENCE_MAX_S = 600.0
BEGINNING_S = 20.0
CHARACTER_S = 1.0
"""Several times what the slowest speaker needs for one."""


class RunawayError(ProtocolError):
    """It does not come to an end; other dice may."""


class Hearing:
    """Takes a server's chunks and gives those that may be heard. Raises ProtocolError for what no sentence sounds like.

    Silence before the first sound is held back until that is there: where none follows, nothing was heard.
    """

    def __init__(self, sentence: Sentence) -> None:
        self._longest_s = longest_s(sentence)
        self._withheld: list[Chunk] = []
        self._first: Chunk | None = None
        self._silence_s = 0.0
        self._heard_s = 0.0
        self.sounded = False

    def heard(self, chunk: Chunk) -> list[Chunk]:
        """What may be heard now that `chunk` came."""
        if not chunk.pcm:
            return []
        self._check(chunk)
        if not self.sounded and _is_silent(chunk):
            self._withheld.append(chunk)
            return []
        self.sounded = True
        given, self._withheld = [*self._withheld, chunk], []
        return given

    def check_ended(self) -> None:
        """Raises ProtocolError where there was no sound."""
        if not self.sounded:
            raise ProtocolError("it answered with silence" if self._withheld else "it answered without any sound")

    def _check(self, chunk: Chunk) -> None:
        self._first = self._first or chunk
        if chunk.format != self._first.format:
            raise ProtocolError("it changed the format of the sound in the middle of a sentence")
        if len(chunk.pcm) % chunk.format.frame_bytes:
            raise ProtocolError("it sent a broken frame of sound")
        self._heard_s += chunk.duration_s
        if self._heard_s > self._longest_s:
            raise RunawayError(f"it did not come to an end within {self._longest_s:.0f} s of sound")
        self._silence_s = self._silence_s + chunk.duration_s if _is_silent(chunk) else 0.0
        if self._silence_s > SILENCE_MAX_S:
            raise ProtocolError(f"it answered with more than {SILENCE_MAX_S:g} s of silence")


def longest_s(sentence: Sentence) -> float:
    """So many seconds of sound at most it may have."""
    return min(SENTENCE_MAX_S, BEGINNING_S + CHARACTER_S * len(sentence.text) / min(1.0, sentence.rate))


def _is_silent(chunk: Chunk) -> bool:
    return chunk.pcm.count(0) == len(chunk.pcm)
