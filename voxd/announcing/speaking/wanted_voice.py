"""A voice as somebody names it, with how it is to speak behind a question mark: `mum?rate=1.2&style=calm`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from voxd.errors import BadRequestError
from voxd.model.announcement import Announcement
from voxd.model.identifiers import VoiceId
from voxd.settings.section import LANGUAGE_TAG

CHARS_MAX = 256
RATE_MIN, RATE_MAX = 0.5, 2.0
SHOWN_CHARS = 40
_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{0,6})?|\.[0-9]{1,6}")
_STYLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_LANGUAGE = re.compile(LANGUAGE_TAG)


@dataclass(frozen=True, slots=True)
class WantedVoice:
    """A voice's name and how it is to speak; None is what was not said.

    `rate` is a factor (0.5-2.0), `volume` in percent, `style` one of those that the voice's engine has, `language` a
    BCP 47 tag.
    """

    name: str | None = None
    rate: float | None = None
    style: str | None = None
    language: str | None = None
    volume: float | None = None

    @property
    def called(self) -> str | None:
        """The name with the style alone."""
        return f"{self.name or ''}?style={self.style}" if self.style else self.name


def wanted_voice(asked: str | None) -> WantedVoice:
    """What a name stands for; parameters are written as in URLs, percent-encoding included. Raises BadRequestError."""
    if asked is None or "?" not in asked:
        return WantedVoice(asked)
    if len(asked) > CHARS_MAX:
        raise BadRequestError(f"A voice with its parameters has at most {CHARS_MAX} characters, not {len(asked)}")
    name, _, query = asked.partition("?")
    said: dict[str, Any] = {}
    for part in filter(None, query.split("&")):
        key, value = _parameter(part)
        if key in said:
            raise BadRequestError(f"The voice's parameter {key} is given twice")
        said[key] = value
    return WantedVoice(_decoded(name) or None, **said)


def in_its_own_fields(announcement: Announcement) -> Announcement:
    """The same announcement, with what its voice's name says of rate, language and volume where that is looked for.

    What the announcement itself says goes before. The style stays with the name. Raises BadRequestError.
    """
    wanted = wanted_voice(announcement.voice)
    if wanted.called == announcement.voice:
        return announcement
    volume = None if wanted.volume is None else round(wanted.volume)
    return replace(
        announcement,
        voice=None if wanted.called is None else VoiceId(wanted.called),
        rate=wanted.rate if announcement.rate is None else announcement.rate,
        language=announcement.language or wanted.language,
        volume=volume if announcement.volume is None else announcement.volume,
    )


def _parameter(part: str) -> tuple[str, object]:
    written, equals, value = part.partition("=")
    key = _decoded(written)
    if key not in _READ:
        raise BadRequestError(
            f'There is no parameter "{key[:SHOWN_CHARS]}" of a voice; there are {", ".join(_READ)}, as in mum?rate=1.2'
        )
    if not equals or not value:
        raise BadRequestError(f"The voice's parameter {key} has no value")
    return key, _READ[key](key, _decoded(value))


def _decoded(written: str) -> str:
    try:
        return unquote(written, errors="strict")
    except UnicodeDecodeError:
        raise BadRequestError("The voice's parameters are not UTF-8 behind their percent signs") from None


def _number(lowest: float, highest: float) -> Callable[[str, str], float]:
    def read(key: str, value: str) -> float:
        if not _NUMBER.fullmatch(value) or not lowest <= float(value) <= highest:
            raise _mistake(key, value, f"a number from {lowest:g} to {highest:g}")
        return float(value)

    return read


def _style(key: str, value: str) -> str:
    if not _STYLE.fullmatch(value):
        raise _mistake(key, value, "the name of a style")
    return value


def _language(key: str, value: str) -> str:
    tag = value.replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        raise _mistake(key, value, "a language tag like de or en-GB")
    return tag


def _mistake(key: str, value: str, right: str) -> BadRequestError:
    shown = value[:SHOWN_CHARS].encode("unicode_escape").decode()
    return BadRequestError(f'The voice\'s parameter {key} must be {right}, not "{shown}"')


_READ: Mapping[str, Callable[[str, str], object]] = {
    "rate": _number(RATE_MIN, RATE_MAX),
    "style": _style,
    "language": _language,
    "volume": _number(0, 100),
}
