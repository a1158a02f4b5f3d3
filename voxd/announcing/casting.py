"""Casting: finds the voice that was asked for, and those that may stand in for it."""

from collections.abc import Iterator, Mapping

from voxd.announcing.cast import Cast
from voxd.announcing.style import Style
from voxd.errors import BadRequestError, UnknownVoiceError
from voxd.model.announcement import Priority
from voxd.model.voice import Voice
from voxd.settings import SpeechSettings
from voxd.synthesis.engine import Engine
from voxd.synthesis.voices import UNDETERMINED, VoiceBook

RATE_MIN, RATE_MAX = 0.5, 2.0


class Casting:
    """Knows the voices of the house and what the owner wants where one of them cannot speak."""

    def __init__(self, voices: VoiceBook, engines: Mapping[str, Engine], settings: SpeechSettings) -> None:
        self.voices = voices
        self._engines = engines
        self._settings = settings

    def style(self, voice: str | None, language: str | None, rate: float | None) -> Style:
        """The voice asked for and how it is to speak.

        Raises UnknownVoiceError, and BadRequestError where the voice lacks the language or cannot change its rate.
        """
        found = self.voices.find(voice, language)
        wish = rate or 1.0
        if wish != 1.0 and not self._changes_rate(found):
            raise BadRequestError(f"The voice {found.name} cannot change its rate; leave rate out")
        return Style(found, language or found.language, _factor(wish, found), wish)

    def announced(self, style: Style, priority: Priority) -> Cast:
        """Who may speak an announcement: the voice, its fallbacks, and at last the last resort."""
        limit_s: float | None = getattr(self._settings.first_audio_s, priority.name.lower())
        return Cast(style, lambda: self._stand_ins(style, last_resort=True), limit_s)

    def rendered(self, style: Style) -> Cast:
        """Who may speak a rendering: the voice alone, unless the owner wants its fallbacks there, too."""
        if not self._settings.render_fallback:
            return Cast(style, lambda: (), one_voice=True)
        return Cast(style, lambda: self._stand_ins(style, last_resort=False), one_voice=True)

    def _stand_ins(self, asked: Style, last_resort: bool) -> tuple[Style, ...]:
        """Everybody who may stand in, once, those who speak the language."""
        found = [*self._fallbacks(asked.voice), *(self._last_resorts(asked) if last_resort else ())]
        others = {voice.name: voice for voice in found if voice.name != asked.voice.name}
        return tuple(style for voice in others.values() if (style := self._adapted(asked, voice)))

    def _fallbacks(self, voice: Voice) -> Iterator[Voice]:
        for name in voice.fallbacks:
            try:
                yield self.voices.find(name, None)
            except UnknownVoiceError:
                continue  # one of the mistakes that the owner was told of at the start

    def _last_resorts(self, asked: Style) -> Iterator[Voice]:
        """The voice of the engine of last resort that speaks the language best."""
        engine = self._settings.last_resort
        if engine is None or engine == asked.voice.engine:
            return
        voices = [voice for voice in self.voices.all() if voice.engine == engine]
        speaking = [voice for voice in voices if _tag(voice, asked.language)]
        exact = [voice for voice in speaking if _tag(voice, asked.language) == asked.language]
        yield from (exact or speaking)[:1]

    def _adapted(self, asked: Style, voice: Voice) -> Style | None:
        """How that voice says what another was asked to say; None where it does not speak the language."""
        language = _tag(voice, asked.language)
        if language is None:
            return None
        rate = _factor(asked.wish, voice) if self._changes_rate(voice) else 1.0
        return Style(voice, language, rate, asked.wish)

    def _changes_rate(self, voice: Voice) -> bool:
        return self._engines[voice.engine].traits.changes_rate


def _factor(wish: float, voice: Voice) -> float:
    return min(RATE_MAX, max(RATE_MIN, wish * voice.rate))


def _tag(voice: Voice, wanted: str) -> str | None:
    """The voice's own tag for a language; None where it does not speak it. Who has not told yet speaks anything."""
    if voice.language == UNDETERMINED:
        return wanted
    if wanted in voice.languages or wanted == UNDETERMINED:
        return wanted if wanted in voice.languages else voice.language
    base = wanted.lower().replace("_", "-").partition("-")[0]
    return next((own for own in voice.languages if own.lower().partition("-")[0] == base), None)
