"""Interpreters: who speaks a sentence that is in another language than its text's voice."""

from collections.abc import Mapping
from dataclasses import replace

from voxd.announcing.speaking.adapting import adapted, base_of, tag_of
from voxd.announcing.speaking.style import Style
from voxd.errors import BadRequestError
from voxd.model.voice import Voice
from voxd.synthesis.engine import Engine
from voxd.synthesis.voice_sources import first_speaking
from voxd.synthesis.voices import UNDETERMINED, VoiceBook

Named = Mapping[str, str | None]
"""The languages that texts may be in, and the voice that the owner named for each; see SpeechSettings."""


class Interpreters:
    """Finds them among the voices of the house, as the owner wants it."""

    def __init__(self, voices: VoiceBook, engines: Mapping[str, Engine], named: Named) -> None:
        self._voices = voices
        self._engines = engines
        self._named = named

    def style(self, style: Style, language: str) -> Style:
        """The style in that language; unchanged where nobody speaks it.

        The voice itself speaks it if it can, else the one that the owner named, else another speaker of its engine;
        but in place of a cloned voice nobody whom the owner did not name.
        """
        if style.absence:
            return replace(style, language=language)  # whoever stands in is looked for by that
        if style.voice.language == UNDETERMINED:
            return style
        if own := tag_of(style.voice, language):
            return replace(style, language=own)
        other = self._named_for(language) or self._fellow(style.voice, language)
        return adapted(style, other, tag_of(other, language) or language, self._engines) if other else style

    def know(self, language: str) -> bool:
        """Whether the owner expects texts in it."""
        return any(base_of(own) == base_of(language) for own in self._named)

    def mistakes(self) -> tuple[str, ...]:
        """The voices that are named and are not there, or do not speak the language, a sentence each."""
        found = []
        for language, name in self._named.items():
            try:
                if name is not None:
                    self._voices.find(name, language)
            except BadRequestError as error:
                found.append(f"speech.languages.{language}: {str(error)[:1].lower()}{str(error)[1:]}")
        return tuple(found)

    def _named_for(self, language: str) -> Voice | None:
        """The voice that the owner named for a language, if it speaks that."""
        for own, name in self._named.items():
            if name is not None and base_of(own) == base_of(language):
                try:
                    return self._voices.find(name, language)
                except BadRequestError:
                    continue  # one of the mistakes that the owner is told of
        return None

    def _fellow(self, voice: Voice, language: str) -> Voice | None:
        """Another speaker of the voice's engine who speaks a language, with the options of the voice."""
        engine = self._engines[voice.engine]
        speaker = None if voice.reference else first_speaking(engine.speakers, language)
        if speaker is None:
            return None
        variant = voice.speaker.partition("+")[2]  # espeak's way
        return replace(
            self._voices.find(f"{engine.name}-{speaker.name}", None),
            rate=voice.rate,
            fallbacks=voice.fallbacks,
            first_audio_s=voice.first_audio_s,
            style=variant if variant in engine.traits.styles else "",
        )
