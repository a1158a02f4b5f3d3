"""Casting: finds the voice that was asked for, and those that may stand in for it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from voxd.announcing.speaking.adapting import adapted, changes_rate, factor, gain_db_of, styled, tag_of
from voxd.announcing.speaking.cast import Cast
from voxd.announcing.speaking.style import Style
from voxd.announcing.speaking.wanted_voice import wanted_voice
from voxd.errors import BadRequestError, UnknownVoiceError
from voxd.model.announcement import Priority
from voxd.model.identifiers import VoiceId
from voxd.settings import SpeechSettings
from voxd.synthesis.engine import Engine
from voxd.synthesis.voices import VoiceBook


class Casting:
    """Knows the voices of the house and what the owner wants where one of them cannot speak."""

    def __init__(self, voices: VoiceBook, engines: Mapping[str, Engine], settings: SpeechSettings) -> None:
        self.voices = voices
        self._engines = engines
        self._settings = settings

    def style(self, voice: str | None, language: str | None, rate: float | None) -> Style:
        """The voice asked for and how it is to speak; what its name says of that holds where the others are None.

        Raises UnknownVoiceError, and BadRequestError where the voice lacks the language or the style, cannot change its
        rate, or its parameters are wrong.
        """
        wanted = wanted_voice(voice)
        spoken = language or wanted.language
        found = self.voices.find(wanted.name, spoken)
        wish = rate or wanted.rate or 1.0
        if wish != 1.0 and not changes_rate(found, self._engines):
            raise BadRequestError(f"The voice {found.name} cannot change its rate; leave rate out")
        own = styled(found, wanted.style, self._engines) if wanted.style else found
        gain_db, given = gain_db_of(wanted.volume), spoken is not None
        return Style(own, spoken or found.language, factor(wish, found), wish, "", gain_db, given)

    def absent(self, voice: str | None, language: str | None, rate: float | None, error: BadRequestError) -> Style:
        """The style of a voice that is not there, for announcements. Raises `error` where nobody could stand in."""
        wanted = wanted_voice(voice)
        spoken = language or wanted.language
        missing = self.voices.missing(wanted.name, spoken)
        wish, gain_db = rate or wanted.rate or 1.0, gain_db_of(wanted.volume)
        style = Style(missing, missing.language, 1.0, wish, str(error), gain_db, spoken is not None)
        if not self._stand_ins(style, last_resort=True):
            raise error
        return style

    def announced(self, style: Style, priority: Priority) -> Cast:
        """Who may speak an announcement: the voice, its fallbacks, and at last the last resort."""
        limit_s: float | None = getattr(self._settings.first_audio_s, priority.name.lower())
        cast = Cast(style, lambda: self._stand_ins(style, last_resort=True), limit_s, renew=self._renewed)
        if style.absence and cast.has(1):
            cast.hand_over(1, style.absence)
        return cast

    def rendered(self, style: Style) -> Cast:
        """Who may speak a rendering: the voice alone, unless the owner wants its fallbacks there, too."""
        if not self._settings.render_fallback:
            return Cast(style, lambda: (), one_voice=True)
        return Cast(style, lambda: self._stand_ins(style, last_resort=False), one_voice=True)

    def _renewed(self, style: Style) -> Style:
        """The same in the voice's current revision: it may be enrolled again while it is heard."""
        try:
            voice = self.voices.find(style.voice.name, None)
        except UnknownVoiceError:
            return style
        is_other = voice.revision != style.voice.revision and voice.speaks(style.language)
        return replace(style, voice=replace(voice, style=style.voice.style)) if is_other else style

    def _stand_ins(self, asked: Style, last_resort: bool) -> tuple[Style, ...]:
        """Everybody who may stand in, once: fallbacks that speak the language, then the last resort."""
        found = [*self._fallbacks(asked), *(self._last_resorts(asked) if last_resort else ())]
        others: dict[VoiceId, Style] = {}
        for style in found:
            others.setdefault(style.voice.name, style)
        others.pop(asked.voice.name, None)
        return tuple(others.values())

    def _fallbacks(self, asked: Style) -> Iterator[Style]:
        for name in asked.voice.fallbacks:
            try:
                voice = self.voices.find(name, None)
            except UnknownVoiceError:
                continue  # one of the mistakes that the owner was told of at the start
            if language := tag_of(voice, asked.language):
                yield adapted(asked, voice, language, self._engines)

    def _last_resorts(self, asked: Style) -> Iterator[Style]:
        """The voice of the engine of last resort that speaks the language best; where none does, the house's."""
        engine = self._settings.last_resort
        if engine is None or engine == asked.voice.engine:
            return
        voices = [voice for voice in self.voices.all() if voice.engine == engine]
        for language in (asked.language, self.voices.house_language()):
            speaking = [(voice, tag) for voice in voices if (tag := tag_of(voice, language))]
            exact = [(voice, tag) for voice, tag in speaking if tag == language]
            for voice, tag in (exact or speaking)[:1]:
                yield adapted(asked, voice, tag, self._engines)
                return
