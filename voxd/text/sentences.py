"""Sentences out of a stream of text fragments."""

import re
import unicodedata

from voxd.text.boundaries import LEAD, LOOKAHEAD_CHARS, MARKS, Boundaries, Verdict, may_rest
from voxd.text.languages.table import abbreviations_of

_CLAUSE_END = re.compile(r"[,;:)»”](?=\s)|[—–](?=\s)|[，、：）》」』،؛]")
_BLANK = re.compile(r"\s")
_ANY_SENTENCE = "A"
"""The beginning of one, as far as anybody sees."""
_CLAUSE_SHARE = 0.3
"""A clause end nearer to the start than this share of the longest sentence leaves too small a piece."""


class SentenceSplitter:
    """Gives each sentence as soon as it is certain, whatever pieces the text comes in.

    But for a `pause` the sentences depend on the text alone, not on where it was cut into fragments; together they are
    the text without the white space around them. None is longer than `max_chars`: a longer one is cut behind a clause,
    else at a blank, else anywhere. No more than `max_chars` and a short look ahead are kept besides the fragment being
    fed.
    """

    def __init__(self, language: str, max_chars: int = 400) -> None:
        self._boundaries = Boundaries(abbreviations_of(language))
        self._max_chars = max(1, max_chars)
        self._text = ""
        self._start = 0
        self._scanned = 0

    def feed(self, fragment: str) -> list[str]:
        """The sentences that `fragment` completes for sure."""
        self._text += fragment
        return self._sentences(complete=False)

    def pause(self) -> list[str]:
        """What is kept, where it ends like a sentence, as nothing has followed for a while; else nothing."""
        if not may_rest(self._text):
            return []
        kept, self._text = self._text, f"{self._text} {_ANY_SENTENCE}"
        found = self._sentences(complete=False)
        is_whole = self._text == _ANY_SENTENCE
        self._text, self._scanned = "" if is_whole else kept, 0
        return found if is_whole else []

    def finish(self) -> list[str]:
        """What remains, now that the text is over; the splitter is then as new."""
        return self._sentences(complete=True)

    def _sentences(self, *, complete: bool) -> list[str]:
        found = []
        while (end := self._next_end(complete=complete)) is not None:
            found.append(self._text[self._start : end].strip())
            self._start = self._scanned = end
        self._text = self._text[self._start :]
        self._scanned -= self._start
        self._start = 0
        return [sentence for sentence in found if sentence]

    def _next_end(self, *, complete: bool) -> int | None:
        self._skip_blanks()
        limit = self._start + self._max_chars
        if self._scanned == self._start:
            first = _end_of_lead(self._text, self._start, limit)
            if first == len(self._text) <= limit and not complete:
                return None
            self._scanned = first
        while mark := MARKS.search(self._text, self._scanned, limit):
            verdict, end = self._judged(mark.end(), complete=complete)
            if verdict is Verdict.UNKNOWN:
                return None
            if verdict is Verdict.END and end <= limit:
                return end
            self._scanned = mark.end()
        return self._end_without_mark(limit, complete=complete)

    def _judged(self, at: int, *, complete: bool) -> tuple[Verdict, int]:
        after = self._text[at : at + LOOKAHEAD_CHARS]
        verdict, taken = self._boundaries.judge(self._text[self._start : at], after, complete=complete)
        return verdict, at + taken

    def _end_without_mark(self, limit: int, *, complete: bool) -> int | None:
        """The end of a sentence that no mark within the limit ends, if it is known already."""
        if len(self._text) > limit:
            return self._cut(limit)
        if complete and self._start < len(self._text):
            return len(self._text)
        self._scanned = max(self._scanned, self._start)
        return None

    def _skip_blanks(self) -> None:
        if self._scanned > self._start:
            return
        rest = len(self._text)
        while self._start < rest and self._text[self._start].isspace():
            self._start += 1
        self._scanned = self._start

    def _cut(self, limit: int) -> int:
        """Where to cut a sentence that is too long: behind a clause, at a blank, or hard."""
        earliest = self._start + int(self._max_chars * _CLAUSE_SHARE)
        clauses = [match.end() for match in _CLAUSE_END.finditer(self._text, earliest, limit)]
        if clauses:
            return clauses[-1]
        blanks = [match.end() for match in _BLANK.finditer(self._text, self._start, limit + 1)]
        return min(blanks[-1], limit) if blanks else self._hard_cut(limit)

    def _hard_cut(self, limit: int) -> int:
        """The limit, or a little before it where it would part a character from its combining marks."""
        for end in range(limit, max(limit - 8, self._start), -1):
            if not (unicodedata.combining(self._text[end]) or self._text[end] in "\u200d\ufe0f"):
                return end
        return limit


def _end_of_lead(text: str, start: int, limit: int) -> int:
    lead = LEAD.match(text, start, limit)
    return lead.end() if lead else start


def split(text: str, language: str) -> list[str]:
    """All sentences of a text."""
    splitter = SentenceSplitter(language)
    return splitter.feed(text) + splitter.finish()
