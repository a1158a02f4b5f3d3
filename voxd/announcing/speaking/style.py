"""A way to say something: a voice, a language, a speed."""

from dataclasses import dataclass

from voxd.model.voice import Voice
from voxd.synthesis.engine import Sentence


@dataclass(frozen=True, slots=True)
class Style:
    """A voice and how it speaks this time; `wish` is the rate that was asked for, before the voice's own.

    `language_given`: somebody asked for the language; else it may be found from the text, sentence by sentence.
    `gain_db` is what was asked for of its volume, beside the voice's own. `absence` is why the voice itself cannot be
    asked, and others speak for it from the first; empty where it can.
    """

    voice: Voice
    language: str
    rate: float = 1.0
    wish: float = 1.0
    absence: str = ""
    gain_db: float = 0.0
    language_given: bool = False

    @property
    def called(self) -> str:
        """The name of the voice, with the style that it is asked for."""
        return f"{self.voice.name}?style={self.voice.style}" if self.voice.style else self.voice.name

    def sentence(self, words: str) -> Sentence:
        """These words, spoken that way."""
        return Sentence(words, self.voice, self.language, self.rate)
