"""A way to say something: a voice, a language, a speed."""

from dataclasses import dataclass

from voxd.model.voice import Voice
from voxd.synthesis.engine import Sentence


@dataclass(frozen=True, slots=True)
class Style:
    """A voice and how it speaks this time; `wish` is the rate that was asked for, before the voice's own.

    `absence` is why the voice itself cannot be asked, and others speak for it from the first; empty where it can.
    """

    voice: Voice
    language: str
    rate: float = 1.0
    wish: float = 1.0
    absence: str = ""

    def sentence(self, words: str) -> Sentence:
        """These words, spoken that way."""
        return Sentence(words, self.voice, self.language, self.rate)
