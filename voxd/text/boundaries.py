"""Whether a punctuation mark ends a sentence: rules on the text around it, told apart from not knowing yet."""

import re
import unicodedata
from enum import Enum

from voxd.text.abbreviations import Abbreviations

LOOKAHEAD_CHARS = 48
"""How far behind a mark its verdict may look; with that much text known the verdict is final."""

AT_ONCE = "。！？；｡।॥؟۔։።။។"
"""Marks that end a sentence whatever follows: their scripts put no space after them."""

LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_BULLETS = "•‣▪●"
_PLAIN_MARKS = ".!?…．‼⁇⁈⁉\u037e"
"""Marks that need a blank after them (U+037E is the Greek question mark)."""
_QUESTIONS = "!?‼⁇⁈⁉\u037e؟？！"
_OPENERS = "「『“„‚‘«‹（【《〈｢([{"
_CLOSERS = "」』”“’’»›）】》〉｣)]}\"'*_`~"
_PAIRS = dict(zip("「『“„«‹（【《〈｢([{", "」』”“»›）】》〉｣)]}", strict=True))

MARKS = re.compile(f"[{_PLAIN_MARKS}{_BULLETS}{AT_ONCE}{LINE_ENDS}]")
"""Everything that may end a sentence."""
LEAD = re.compile(rf"(?:[^\w{_BULLETS}{LINE_ENDS}]|_)*+")
"""What stands before the first word of a sentence: no mark in it ends anything."""

_RUN = re.compile(f"[{re.escape(_PLAIN_MARKS + AT_ONCE)}]*+[{re.escape(_CLOSERS)}]*+")
_TOKEN = re.compile(r"[^\s" + re.escape(_OPENERS + "\"'’—–¿¡") + r"]+\Z")
_REST = re.compile(rf"[^\s\d{_PLAIN_MARKS}]\s?[{_PLAIN_MARKS}]++[{re.escape(_CLOSERS)}]*+\s*\Z")
_DOTTED = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_DAY = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}")
_WORD = re.compile(r"[^\W\d_]+")


class Verdict(Enum):
    """What a mark does."""

    END = "end"
    GO_ON = "go on"
    UNKNOWN = "needs more text"


class Boundaries:
    """The rules of one language's abbreviations."""

    def __init__(self, abbreviations: Abbreviations) -> None:
        self._abbreviations = abbreviations

    def judge(self, said: str, after: str, *, complete: bool) -> tuple[Verdict, int]:
        """Whether `said`, whose last character is a mark, ends there, and how much of `after` belongs to it.

        `after` is the text behind the mark, at most LOOKAHEAD_CHARS of it; `complete` says that nothing more can follow
        in it. Without it a verdict is only given if no continuation of `after` could change it.
        """
        mark = said[-1]
        if mark in LINE_ENDS:
            return Verdict.END, 0
        if mark in _BULLETS:
            return (Verdict.END, -1) if said[:-1].strip() and said[-2].isspace() else (Verdict.GO_ON, 0)
        complete = complete or len(after) >= LOOKAHEAD_CHARS
        if mark in AT_ONCE:
            return self._at_once(said, after, complete=complete)
        return self._spaced(said, after, complete=complete)

    def _at_once(self, said: str, after: str, *, complete: bool) -> tuple[Verdict, int]:
        closers = _awaited_closers(said)
        taken = 0
        while closers and taken < len(after) and after[taken] in closers:
            taken += 1
        if closers and taken == len(after) and not complete:
            return Verdict.UNKNOWN, 0
        return Verdict.END, taken

    def _spaced(self, said: str, after: str, *, complete: bool) -> tuple[Verdict, int]:
        run = _RUN.match(after)
        taken = run.end() if run else 0
        if taken == len(after):
            return (Verdict.END, taken) if complete else (Verdict.UNKNOWN, 0)
        tail = said[-1] + after[:taken]
        gap, beyond = _split_gap(after[taken:])
        if not gap:
            return (Verdict.END, taken) if _is_cjk_end(said, tail, beyond) else (Verdict.GO_ON, 0)
        if any(char in LINE_ENDS for char in gap):
            return Verdict.END, taken
        verdict = self._before(said, tail, beyond, complete=complete)
        if verdict is Verdict.GO_ON and not beyond and not complete:
            return Verdict.UNKNOWN, 0
        return verdict, taken + _spaced_closer(said, gap, beyond)

    def _before(self, said: str, tail: str, beyond: str, *, complete: bool) -> Verdict:
        """The verdict on a mark with its whole `tail` of marks and closers, with blanks and then `beyond` after it."""
        undecided = Verdict.END if complete else Verdict.UNKNOWN
        quoted = any(char in "\"'”’»」』)" for char in tail)
        if any(char in _QUESTIONS for char in tail) and not quoted and not _awaited_closers(said):
            return Verdict.END
        if tail[0] == "." and ".." not in tail and "…" not in tail:
            return self._full_stop(said, beyond, undecided, quoted=quoted)
        return _by_case(beyond, undecided)

    def _full_stop(self, said: str, beyond: str, undecided: Verdict, *, quoted: bool) -> Verdict:
        token = _last_token(said[:-1])
        if token.isdigit() and len(token) <= 2:
            return self._after_number(said[: -len(token) - 1], beyond, undecided)
        if _DAY.fullmatch(token) and self._abbreviations.ordinal_nouns:
            is_first = not any(map(str.isalnum, said[: -len(token) - 1]))
            return Verdict.GO_ON if is_first else _by_case(beyond, undecided, digits_go_on=True)
        if _DOTTED.fullmatch(token) or _is_initial(said, token) or token.lower() in self._abbreviations.opening:
            in_closing = token.lower() in self._abbreviations.closing
            return _by_case(beyond, undecided) if in_closing else Verdict.GO_ON
        if token.lower() in self._abbreviations.numbering:
            return _by_case(beyond, undecided, digits_go_on=True)
        if self._is_plain_word(token) and not quoted and not _awaited_closers(said):
            return Verdict.END
        return _by_case(beyond, undecided)

    def _is_plain_word(self, token: str) -> bool:
        """A word too long to be an abbreviation that we do not know."""
        return len(token) >= 5 and token.isalpha() and token.lower() not in self._abbreviations.closing

    def _after_number(self, before: str, beyond: str, undecided: Verdict) -> Verdict:
        """A number of one or two digits: a list marker, a German ordinal, or just the end."""
        table = self._abbreviations
        if not any(map(str.isalnum, before)):
            return Verdict.GO_ON
        if _last_token(before.rstrip()).lower() in table.ordinal_openers:
            return Verdict.GO_ON
        word = _WORD.match(beyond)
        if not table.ordinal_nouns or not word:
            return _by_case(beyond, undecided)
        if word.end() == len(beyond) and undecided is Verdict.UNKNOWN:
            return Verdict.UNKNOWN
        return Verdict.GO_ON if word[0].lower() in table.ordinal_nouns else _by_case(beyond, undecided)


def may_rest(text: str) -> bool:
    """Whether what ends here may be a whole sentence as it is: no number that goes on, and no open quote."""
    return bool(_REST.search(text)) and not _awaited_closers(text)


def _by_case(beyond: str, undecided: Verdict, *, digits_go_on: bool = False) -> Verdict:
    """A sentence begins with anything but a small letter; blanks and punctuation tell nothing yet."""
    for char in beyond:
        if char.islower() or (digits_go_on and char.isdigit()):
            return Verdict.GO_ON
        if char.isalnum() or char in LINE_ENDS:
            return Verdict.END
    return undecided


def _split_gap(text: str) -> tuple[str, str]:
    beyond = text.lstrip()
    return text[: len(text) - len(beyond)], beyond


def _last_token(text: str) -> str:
    token = _TOKEN.search(text[-LOOKAHEAD_CHARS:])
    return token[0].lstrip("*_`~") if token else ""


def _is_initial(said: str, token: str) -> bool:
    """One cased letter (J. R. R. Tolkien), unless it is the unit of a number (220 V.)."""
    if len(token) != 1 or token.lower() == token.upper():
        return False
    before = said[:-2].rstrip()
    return not (before and before[-1].isdigit())


def _awaited_closers(said: str) -> str:
    """The closing quotes and brackets that `said` has opened and not closed."""
    awaited = "".join(close for open_, close in _PAIRS.items() if said.count(open_) > said.count(close))
    return awaited + '"' if said.count('"') % 2 else awaited


def _spaced_closer(said: str, gap: str, beyond: str) -> int:
    """Characters up to a French closing quote that stands after a blank (« Bonjour ! »), or none."""
    if not beyond or beyond[0] not in "»›" or beyond[0] not in _awaited_closers(said):
        return 0
    return len(gap) + 1


def _is_cjk_end(said: str, tail: str, beyond: str) -> bool:
    """Western marks between ideographs or kana end a sentence without a space, as do at-once marks in the tail."""
    if any(char in AT_ONCE for char in tail):
        return True
    if "…" in tail or ".." in tail:
        return False
    before = said[:-1].rstrip()
    return bool(before) and _is_ideographic(before[-1]) and _is_ideographic(beyond[0])


def _is_ideographic(char: str) -> bool:
    return (
        unicodedata.category(char) == "Lo" and unicodedata.east_asian_width(char) in "WF" and not "가" <= char <= "힣"
    )
