"""How a voice says what was wished for, or what another voice was asked to say."""

import difflib
import math
from collections.abc import Mapping
from dataclasses import replace

from voxd.announcing.speaking.style import Style
from voxd.announcing.speaking.wanted_voice import RATE_MAX, RATE_MIN
from voxd.audio.pcm import amplitude
from voxd.errors import BadRequestError
from voxd.model.voice import Voice
from voxd.synthesis.engine import Engine
from voxd.synthesis.voices import UNDETERMINED

GAIN_MIN_DB = -100.0
STYLES_SHOWN = 120
Engines = Mapping[str, Engine]


def adapted(asked: Style, voice: Voice, language: str, engines: Engines) -> Style:
    """How that voice says what another was asked to say."""
    rate = factor(asked.wish, voice) if changes_rate(voice, engines) else 1.0
    if asked.voice.style in engines[voice.engine].traits.styles:
        voice = replace(voice, style=asked.voice.style)
    return Style(voice, language, rate, asked.wish, "", asked.gain_db, asked.language_given)


def changes_rate(voice: Voice, engines: Engines) -> bool:
    """Whether it can be asked to speak quicker or slower."""
    return engines[voice.engine].traits.changes_rate


def styled(voice: Voice, style: str, engines: Engines) -> Voice:
    """The voice in one of its engine's styles. Raises BadRequestError where there is no such style."""
    styles = engines[voice.engine].traits.styles
    known = {name.lower(): name for name in styles} | {name: name for name in styles}
    if found := known.get(style) or known.get(style.lower()):
        return replace(voice, style=found)
    if not styles:
        raise BadRequestError(f"The engine {voice.engine} of the voice {voice.name} has no styles; leave style out")
    raise BadRequestError(f'The engine {voice.engine} has no style "{style}"; it has {_listed(styles, style)}')


def factor(wish: float, voice: Voice) -> float:
    """The factor on an engine's speed, the voice's own rate included."""
    return min(RATE_MAX, max(RATE_MIN, wish * voice.rate))


def gain_db_of(volume: float | None) -> float:
    """What a volume in percent is in decibels."""
    return 0.0 if volume is None else max(GAIN_MIN_DB, 20 * math.log10(max(amplitude(volume), 1e-9)))


def tag_of(voice: Voice, wanted: str) -> str | None:
    """The voice's own tag for a language; None where it does not speak it. Who has not told yet speaks anything."""
    if voice.language == UNDETERMINED:
        return wanted
    if wanted in voice.languages or wanted == UNDETERMINED:
        return wanted if wanted in voice.languages else voice.language
    return next((own for own in voice.languages if base_of(own) == base_of(wanted)), None)


def base_of(language: str) -> str:
    """The language of a BCP 47 tag, whatever its region."""
    return language.lower().replace("_", "-").partition("-")[0]


def _listed(styles: frozenset[str], asked: str) -> str:
    """The styles, those first that resemble what was asked for."""
    names = sorted(styles, key=str.lower)
    near = difflib.get_close_matches(asked, names)
    shown = [*near, *(name for name in names if name not in near)][:STYLES_SHOWN]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
