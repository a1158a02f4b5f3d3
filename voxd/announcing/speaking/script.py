"""The script of a text: its sentences in words, each with the style it is said in and the silence before it."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace

from voxd.announcing.speaking.style import Style
from voxd.announcing.speaking.tongues import Tongues
from voxd.text import ssml
from voxd.text.normalizer import Normalizer
from voxd.text.say_as import said
from voxd.text.sentences import SentenceSplitter, split
from voxd.text.ssml import Manner, Passage

PEEK_CHARS = 200
"""A text that begins with < and has not become SSML within so many characters is none."""
StyleOf = Callable[[Style, Manner], Style]
"""The style of the text, changed as SSML wants it. Raises BadRequestError where nobody can speak so."""
TonguesOf = Callable[[Style], Tongues]
"""Who tells the language of each sentence of a text that is to be spoken in that style."""


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence as an engine is given it; `gain_db` is what SSML wants it louder by than the rest."""

    words: str
    style: Style
    gain_db: float = 0.0
    pause_s: float = 0.0


class ScriptWriter:
    """Writes the script of a text: plain, or SSML, which no engine ever sees."""

    def __init__(self, normalizer: Normalizer, style_of: StyleOf, tongues_of: TonguesOf) -> None:
        self._normalizer = normalizer
        self._style_of = style_of
        self._tongues_of = tongues_of

    def lines(self, text: str, style: Style) -> Iterator[Line]:
        """The lines of a text; none where nothing of it can be said. Raises BadRequestError on wrong SSML."""
        if ssml.is_ssml(text):
            return self._of_passages(ssml.passages(text), style)
        tongues = self._tongues_of(style)
        return self._spoken(split(text, tongues.beginning(text)), tongues)

    async def stream(self, fragments: AsyncIterator[str], style: Style) -> AsyncGenerator[Line, None]:
        """The same for a text that is still being written; SSML is read when it is complete.

        A sentence is certain when the next begins, or when an empty fragment says that nothing has come for a while.
        """
        beginning = await _beginning(fragments)
        if ssml.is_ssml(beginning):
            rest = [fragment async for fragment in fragments]
            for line in self.lines("".join((beginning, *rest)), style):
                yield line
            return
        tongues = self._tongues_of(style)
        splitter = SentenceSplitter(tongues.beginning(beginning))
        for line in self._spoken(splitter.feed(beginning), tongues):
            yield line
        async for fragment in fragments:
            for line in self._spoken(splitter.feed(fragment) if fragment else splitter.pause(), tongues):
                yield line
        for line in self._spoken(splitter.finish(), tongues):
            yield line

    def _of_passages(self, passages: tuple[Passage, ...], style: Style) -> Iterator[Line]:
        pause_s = 0.0
        tongues: dict[Style, Tongues] = {}
        for passage in passages:
            pause_s += passage.pause_s
            own = self._style_of(style, passage.manner)
            if own not in tongues:
                tongues[own] = self._tongues_of(own)
            language = tongues[own].beginning("".join(piece.text for piece in passage.pieces))
            text = "".join(said(piece, language) for piece in passage.pieces)
            for line in self._spoken(split(text, language), tongues[own]):
                yield replace(line, gain_db=line.gain_db + passage.manner.gain_db, pause_s=pause_s)
                pause_s = 0.0

    def _spoken(self, sentences: list[str], tongues: Tongues) -> Iterator[Line]:
        for sentence, style in tongues.each(sentences):
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
