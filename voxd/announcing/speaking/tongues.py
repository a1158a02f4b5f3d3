"""The tongues of a text: which language each of its sentences is said in, and so in which style."""

from collections.abc import Callable, Iterator, Sequence

from voxd.announcing.speaking.style import Style
from voxd.text.language_finder import LanguageFinder

AHEAD_MAX = 8
"""So many sentences are looked at for a clear one where the text begins with an unclear one."""
InLanguage = Callable[[Style, str], Style]
"""The style in another language; unchanged where nobody speaks that."""


class Tongues:
    """Of one text, asked for its sentences in their order. Without a finder all are in the language of the style.

    A sentence that is not clearly in one language is in that of the sentence before; at the beginning, in that of the
    next clear one.
    """

    def __init__(self, style: Style, finder: LanguageFinder | None, in_language: InLanguage) -> None:
        self._style = style
        self._finder = None if style.language_given else finder
        self._in_language = in_language
        self._styles = {style.language: style}
        self._last: str | None = None

    def beginning(self, text: str) -> str:
        """The language by whose rules what comes next and begins so is parted into sentences."""
        return self._found(text) or self._last or self._style.language

    def each(self, sentences: Sequence[str]) -> Iterator[tuple[str, Style]]:
        """The sentences that come next, each with its style."""
        for number, sentence in enumerate(sentences):
            found = self._found(sentence)
            if found is None and self._last is None:
                ahead = map(self._found, sentences[number + 1 : number + 1 + AHEAD_MAX])
                found = next(filter(None, ahead), None)
            self._last = found or self._last
            yield sentence, self._spoken_in(self._last or self._style.language)

    def _found(self, text: str) -> str | None:
        return self._finder.found(text, self._style.language) if self._finder else None

    def _spoken_in(self, language: str) -> Style:
        if language not in self._styles:
            self._styles[language] = self._in_language(self._style, language)
        return self._styles[language]
