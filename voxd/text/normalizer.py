"""From what people write to what an engine is given to say."""

import re
from collections.abc import Mapping
from functools import lru_cache

from voxd.text.cleaning import cleaned
from voxd.text.languages.table import abbreviations_of
from voxd.text.markdown import without_markdown
from voxd.text.pronunciations import Pronunciations
from voxd.text.verbalizer import verbalizer_for

REMEMBERED_SENTENCES = 512
LONGEST_REMEMBERED_CHARS = 1000
_WARMING = "-21.5 °C, 3,5 kWh, 4 %, 10:30, 2026-11-20, €12.50, 5-10 km/h"
_BLANKS = re.compile(r"\s+")
_BLANK_BEFORE_MARK = re.compile(r" (?=[,.。，](?:\s|$))")
_LEAD = " \u00a0.,;:!?…。！？，；：、·|/\\=~*_"
_UNDERSCORES = re.compile(r"(?<=[^\W_])_+(?=[^\W_])")


class Normalizer:
    """Says in words what is written in signs, in the language of the voice; remembers what it said lately."""

    def __init__(self, pronunciations: Mapping[str, str]) -> None:
        self._pronunciations = Pronunciations(pronunciations)
        self._remembered = lru_cache(maxsize=REMEMBERED_SENTENCES)(self._normalized)

    def spoken(self, sentence: str, language: str) -> str:
        """What the engine is given for `sentence`; "" when nothing in it can be said.

        Markdown, emoji and unprintable characters go; the owner's pronunciations come in; then numbers, times, dates,
        money and units are put into words. A language without a table keeps its numerals.
        """
        if len(sentence) > LONGEST_REMEMBERED_CHARS:
            return self._normalized(sentence, language)
        return self._remembered(sentence, language)

    def warm(self, language: str) -> None:
        """Loads what the language needs, so that its first sentence is as quick as the next."""
        self._normalized(_WARMING, language)

    def _normalized(self, sentence: str, language: str) -> str:
        text = without_markdown(cleaned(sentence), abbreviations_of(language))
        text = self._pronunciations.applied(text)
        text = verbalizer_for(language).spoken(text)
        text = _BLANKS.sub(" ", _UNDERSCORES.sub(" ", text)).lstrip(_LEAD).rstrip()
        text = _BLANK_BEFORE_MARK.sub("", text)
        return text if any(map(str.isalnum, text)) else ""
