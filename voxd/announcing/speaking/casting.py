"""Casting: finds the voice that was asked for, and those that may stand in for it."""

import difflib
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from voxd.announcing.speaking.cast import Cast
from voxd.announcing.speaking.style import Style
from voxd.announcing.speaking.wanted_voice import RATE_MAX, RATE_MIN, wanted_voice
from voxd.audio.pcm import amplitude
from voxd.errors import BadRequestError, UnknownVoiceError
from voxd.model.announcement import Priority
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings import SpeechSettings
from voxd.synthesis.engine import Engine
from voxd.synthesis.voices import UNDETERMINED, VoiceBook

GAIN_MIN_DB = -100.0
STYLES_SHOWN = 30


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
        if wish != 1.0 and not self._changes_rate(found):
            raise BadRequestError(f"The voice {found.name} cannot change its rate; leave rate out")
        styled = self._styled(found, wanted.style) if wanted.style else found
        return Style(styled, spoken or found.language, _factor(wish, found), wish, gain_db=_gain_db(wanted.volume))

    def absent(self, voice: str | None, language: str | None, rate: float | None, error: BadRequestError) -> Style:
        """The style of a voice that is not there, for announcements. Raises `error` where nobody could stand in."""
        wanted = wanted_voice(voice)
        missing = self.voices.missing(wanted.name, language or wanted.language)
        wish = rate or wanted.rate or 1.0
        style = Style(missing, missing.language, 1.0, wish, str(error), _gain_db(wanted.volume))
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
            if language := _tag(voice, asked.language):
                yield self._adapted(asked, voice, language)

    def _last_resorts(self, asked: Style) -> Iterator[Style]:
        """The voice of the engine of last resort that speaks the language best; where none does, the house's."""
        engine = self._settings.last_resort
        if engine is None or engine == asked.voice.engine:
            return
        voices = [voice for voice in self.voices.all() if voice.engine == engine]
        for language in (asked.language, self.voices.house_language()):
            speaking = [(voice, tag) for voice in voices if (tag := _tag(voice, language))]
            exact = [(voice, tag) for voice, tag in speaking if tag == language]
            for voice, tag in (exact or speaking)[:1]:
                yield self._adapted(asked, voice, tag)
                return

    def _adapted(self, asked: Style, voice: Voice, language: str) -> Style:
        """How that voice says what another was asked to say."""
        rate = _factor(asked.wish, voice) if self._changes_rate(voice) else 1.0
        if asked.voice.style in self._engines[voice.engine].traits.styles:
            voice = replace(voice, style=asked.voice.style)
        return Style(voice, language, rate, asked.wish, gain_db=asked.gain_db)

    def _styled(self, voice: Voice, style: str) -> Voice:
        styles = self._engines[voice.engine].traits.styles
        known = {name.lower(): name for name in styles} | {name: name for name in styles}
        if found := known.get(style) or known.get(style.lower()):
            return replace(voice, style=found)
        if not styles:
            raise BadRequestError(f"The engine {voice.engine} of the voice {voice.name} has no styles; leave style out")
        raise BadRequestError(f'The engine {voice.engine} has no style "{style}"; it has {_listed(styles, style)}')

    def _changes_rate(self, voice: Voice) -> bool:
        return self._engines[voice.engine].traits.changes_rate


def _factor(wish: float, voice: Voice) -> float:
    return min(RATE_MAX, max(RATE_MIN, wish * voice.rate))


def _gain_db(volume: float | None) -> float:
    """What a volume in percent is in decibels."""
    return 0.0 if volume is None else max(GAIN_MIN_DB, 20 * math.log10(max(amplitude(volume), 1e-9)))


def _listed(styles: frozenset[str], asked: str) -> str:
    """The styles, those first that resemble what was asked for."""
    names = sorted(styles, key=str.lower)
    near = difflib.get_close_matches(asked, names)
    shown = [*near, *(name for name in names if name not in near)][:STYLES_SHOWN]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _tag(voice: Voice, wanted: str) -> str | None:
    """The voice's own tag for a language; None where it does not speak it. Who has not told yet speaks anything."""
    if voice.language == UNDETERMINED:
        return wanted
    if wanted in voice.languages or wanted == UNDETERMINED:
        return wanted if wanted in voice.languages else voice.language
    base = wanted.lower().replace("_", "-").partition("-")[0]
    return next((own for own in voice.languages if own.lower().partition("-")[0] == base), None)
