"""Numbers, dates, times, money and units of a text, said in words."""

import re
from functools import lru_cache

from voxd.text import patterns
from voxd.text.found import Found, Saying
from voxd.text.languages.language import Language
from voxd.text.languages.table import language_for
from voxd.text.moments import Moments
from voxd.text.quantities import Quantities

_WORTH_A_LOOK = re.compile(r"[0-9%°&×=→€£@+²³]|://|www\.|kW|MWh|km/h|hPa|ppm")


class Verbalizer:
    """Says one language. What it does not understand, or the language has no words for, stays as it was written."""

    def __init__(self, language: Language) -> None:
        sources = patterns.named_sources(language)
        self._master = patterns.master(sources)
        self._kinds = {kind: re.compile(source) for kind, source in sources.items()}
        self._sayings: dict[str, Saying] = {
            "link": _without_scheme,
            **Moments(language).sayings(),
            **Quantities(language).sayings(),
        }

    def spoken(self, text: str) -> str:
        """The text with all this in words."""
        return self._master.sub(self._said, text) if _WORTH_A_LOOK.search(text) else text

    def _said(self, match: re.Match[str]) -> str:
        kind = match.lastgroup or ""
        saying = self._sayings.get(kind)
        parts = self._kinds[kind].match(match.string, match.start()) if saying else None
        return (saying(Found(parts)) if saying and parts else "") or match[0]


def _without_scheme(found: Found) -> str:
    """An address without what nobody wants to hear of it."""
    return found["rest"].removeprefix("www.")


@lru_cache(maxsize=16)
def verbalizer_for(tag: str) -> Verbalizer:
    """The verbalizer of a language tag; the few that a house uses are kept."""
    return Verbalizer(language_for(tag))
