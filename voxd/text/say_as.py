"""What SSML's say-as means, in words of the language: letters, digits, numbers, dates, times.

The values of interpret-as and format are those of https://www.w3.org/TR/ssml-sayas/ and of common voices.
"""

import re
from collections.abc import Callable

from voxd.text import numerals
from voxd.text.calendar import clock_of, day_of
from voxd.text.languages.language import Language
from voxd.text.languages.table import language_for
from voxd.text.ssml import Piece

_DATE_PARTS = re.compile(r"[0-9]+")
_TIME = re.compile(r"\s*([0-9]{1,2})(?:[:.h]([0-9]{2}))?(?:[:.]([0-9]{2}))?\s*([aApP]\.?[mM]\.?)?\s*")
_WHOLE = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"[-+]?[0-9][0-9.,' ]*")
DATE_ORDERS = ("mdy", "dmy", "ymd", "md", "dm", "ym", "my")
LONGEST_CHARS = 400
"""Longer pieces are said as they are."""


def said(piece: Piece, tag: str) -> str:
    """The piece in words of the language `tag`; as it is written where it is not what it is said to be."""
    saying = _SAYINGS.get(piece.interpreted)
    if saying is None or len(piece.text) > LONGEST_CHARS:
        return piece.text
    return saying(piece, language_for(tag)) or piece.text


def _characters(piece: Piece, language: Language) -> str:
    signs = [sign for sign in piece.text if not sign.isspace()]
    return ", ".join(_digit(sign, language) or sign.upper() for sign in signs)


def _digits(piece: Piece, language: Language) -> str:
    """Digit by digit; what was written in groups is said in groups."""
    groups = [[_digit(sign, language) for sign in group if sign.isascii()] for group in piece.text.split()]
    return ", ".join(" ".join(filter(None, group)) for group in groups if any(group))


def _digit(sign: str, language: Language) -> str:
    return language.cardinal(int(sign)) if sign.isascii() and sign.isdigit() and language.says_numerals else ""


def _telephone(piece: Piece, language: Language) -> str:
    plus = language.symbols.get("+", "") if piece.text.lstrip().startswith("+") else ""
    parted = re.sub(r"[^0-9 ]+", " ", piece.text)
    return f"{plus} {_digits(Piece(parted), language)}".strip()


def _cardinal(piece: Piece, language: Language) -> str:
    text = piece.text.strip()
    if not (_NUMBER.fullmatch(text) and language.says_numerals):
        return ""
    return language.number(numerals.read(text, decimal_comma=language.reads_decimal_comma()))


def _ordinal(piece: Piece, language: Language) -> str:
    found = _WHOLE.search(piece.text)
    return language.ordinal(int(found[0])) if found and len(found[0]) < 10 and language.says_numerals else ""


def _date(piece: Piece, language: Language) -> str:
    order = piece.detail if piece.detail in DATE_ORDERS else ("dmy" if language.day_first else "mdy")
    parts = _DATE_PARTS.findall(piece.text)
    if piece.detail not in DATE_ORDERS and parts and len(parts[0]) == 4:
        order = "ymd"
    if len(parts) != len(order) or not language.says_numerals:
        return ""
    named = dict(zip(order, parts, strict=True))
    if "d" not in named:
        return ""
    day = day_of(named.get("y"), named["m"], named["d"])
    return language.date(day, "") if day else ""


def _time(piece: Piece, language: Language) -> str:
    found = _TIME.fullmatch(piece.text)
    if not found or not language.says_numerals:
        return ""
    clock = clock_of(found[1], found[2], found[3], found[4] or "")
    return language.time(clock) if clock else ""


_SAYINGS: dict[str, Callable[[Piece, Language], str]] = {
    "characters": _characters,
    "spell-out": _characters,
    "verbatim": _characters,
    "letters": _characters,
    "digits": _digits,
    "telephone": _telephone,
    "cardinal": _cardinal,
    "number": _cardinal,
    "ordinal": _ordinal,
    "date": _date,
    "time": _time,
}
