"""The script of a text: its sentences in words, each with the style it is said in and the silence before it."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace

from voxd.announcing.speaking.style import Style
from voxd.text import ssml
from voxd.text.normalizer import Normalizer
from voxd.text.say_as import said
from voxd.text.sentences import SentenceSplitter, split
from voxd.text.ssml import Manner, Passage

PEEK_CHARS = 200
"""A text that begins with < and has not become SSML within so many characters is none."""
StyleOf = Callable[[Style, Manner], Style]
"""The style of the text, changed as SSML wants it. Raises BadRequestError where nobody can speak so."""


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence as an engine is given it; `gain_db` is what SSML wants it louder by than the rest."""

    words: str
    style: Style
    gain_db: float = 0.0
    pause_s: float = 0.0


class ScriptWriter:
    """Writes the script of a text: plain, or SSML, which no engine ever sees."""

    def __init__(self, normalizer: Normalizer, style_of: StyleOf) -> None:
        self._normalizer = normalizer
        self._style_of = style_of

    def lines(self, text: str, style: Style) -> Iterator[Line]:
        """The lines of a text; none where nothing of it can be said. Raises BadRequestError on wrong SSML."""
        if ssml.is_ssml(text):
            return self._of_passages(ssml.passages(text), style)
        return self._spoken(split(text, style.language), style)

    async def stream(self, fragments: AsyncIterator[str], style: Style) -> AsyncGenerator[Line, None]:
        """The same for a text that is still being written; SSML is read when it is complete."""
        beginning = await _beginning(fragments)
        if ssml.is_ssml(beginning):
            rest = [fragment async for fragment in fragments]
            for line in self.lines("".join((beginning, *rest)), style):
                yield line
            return
        splitter = SentenceSplitter(style.language)
        for line in self._spoken(splitter.feed(beginning), style):
            yield line
        async for fragment in fragments:
            for line in self._spoken(splitter.feed(fragment), style):
                yield line
        for line in self._spoken(splitter.finish(), style):
            yield line

    def _of_passages(self, passages: tuple[Passage, ...], style: Style) -> Iterator[Line]:
        pause_s = 0.0
        for passage in passages:
            pause_s += passage.pause_s
            own = self._style_of(style, passage.manner)
            text = "".join(said(piece, own.language) for piece in passage.pieces)
            for line in self._spoken(split(text, own.language), own):
                yield replace(line, gain_db=line.gain_db + passage.manner.gain_db, pause_s=pause_s)
                pause_s = 0.0

    def _spoken(self, sentences: list[str], style: Style) -> Iterator[Line]:
        for sentence in sentences:
            if words := self._normalizer.spoken(sentence, style.language):
                yield Line(words, style, style.gain_db)


async def _beginning(fragments: AsyncIterator[str]) -> str:
    """As much of a text as is needed to tell whether it is SSML."""
    beginning = ""
    async for fragment in fragments:
        beginning += fragment
        start = beginning.lstrip()
        if start and (start[0] != "<" or ssml.is_ssml(beginning) or len(start) > PEEK_CHARS):
            break
    return beginning
