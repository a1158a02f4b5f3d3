"""Quantities in words: numbers, units, ranges, money."""

import re

from voxd.text import currencies, numerals, units
from voxd.text.abbreviations import words
from voxd.text.found import Found, Saying
from voxd.text.languages.language import Language
from voxd.text.numerals import Numeral
from voxd.text.units import Unit

_WORD = re.compile(r"[^\W\d_]+")
_EMERGENCY_NUMBERS = words("000 110 111 112 113 115 117 118 119 120 122 133 144 911 999")
_PER_WORDS = words("per pro par por al a je la le each every 每")


class Quantities:
    """Says the quantities of one language; "" for what it has no words for."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def sayings(self) -> dict[str, Saying]:
        """What to do with each kind of find."""
        return {
            "plain": self._plain,
            "ordinal": self._ordinal,
            "phone": self._phone,
            "measure": self._measure,
            "range": self._range,
            "price": self._money,
            "cost": self._money,
            "lone_unit": self._lone_unit,
            "lone_money": self._lone_money,
            "operation": self._operation,
            "hash": lambda found: self._between(found, "#").lstrip(),
            "per_hundred": lambda _found: f" {self._language.per} " if self._language.says_numerals else "",
            "per": self._per,
            "lasting": self._lasting,
            "particles": self._particles,
            "ratio": self._ratio,
            "ordinal_span": self._ordinal_span,
            "symbol": self._symbol,
        }

    def _read(self, found: Found, group: str = "number") -> Numeral:
        sign = found["sign"].strip(" \u00a0") if group != "last" else ""
        return numerals.read(sign + found[group], decimal_comma=self._language.reads_decimal_comma())

    def _plain(self, found: Found) -> str:
        numeral = self._read(found)
        if self._is_year(numeral, found):
            return self._language.year(int(numeral.whole))
        noun = found["noun"]
        if numeral.literal == "1" and noun in self._language.months and self._language.first_day_is_ordinal:
            return self._language.ordinal(1)
        if numeral.literal.isdigit() and self._is_code(numeral.literal, found.before):
            return self._language.digits(numeral.literal)
        gender = self._language.noun_gender(noun, found.before, found.after) if noun else ""
        return self._language.inflected(self._language.number(numeral, gender), found.before)

    def _is_code(self, digits: str, before: str) -> bool:
        if digits in _EMERGENCY_NUMBERS and self._language.call_opener:
            return bool(re.search(rf"(?:{self._language.call_opener})\W*$", before, re.IGNORECASE))
        return len(digits) >= 4 and bool(re.search(self._language.code_opener, before, re.IGNORECASE))

    def _is_year(self, numeral: Numeral, found: Found) -> bool:
        is_bare = len(numeral.literal) == len(numeral.whole) == 4
        return is_bare and found.word_before in self._language.year_openers and 1100 <= int(numeral.whole) <= 2099

    def _ordinal(self, found: Found) -> str:
        number, mark = int(found["n"]), found["mark"]
        if mark != "." or self._is_dotted_ordinal(found):
            return self._language.ordinal(number, mark, found.before, _first_word(found.after))
        return f"{self._language.cardinal(number)}."

    def _is_dotted_ordinal(self, found: Found) -> bool:
        abbreviations = self._language.abbreviations
        if found.word_before in abbreviations.ordinal_openers or abbreviations.make_ordinal(found.after):
            return True
        return _first_word(found.after)[:1].islower() and bool(found.before.strip())

    def _phone(self, found: Found) -> str:
        if not self._language.says_numerals:
            return ""
        plus = f"{self._language.signs['+']} " if found.text.startswith("+") else ""
        return plus + ", ".join(self._language.digits(digits) for digits in re.findall("[0-9]+", found.text))

    def _measure(self, found: Found) -> str:
        symbol, gap = found["unit"], found["gap"]
        numeral = self._read(found)
        if not gap and numeral.is_integer and symbol in units.GLUED_ONLY_AFTER_BLANK:
            return ""
        unit = None if symbol.rstrip(".") in self._language.excluded_units else units.read(symbol)
        said = self._language.inflected(self._language.measure(numeral, unit), found.before) if unit else ""
        return said or (f"{self._language.number(numeral)}{gap}{symbol}" if gap else "")

    def _range(self, found: Found) -> str:
        first, last = self._read(found, "number"), self._read(found, "last")
        unit = units.read(found["unit"]) if found["unit"] else None
        if unit:
            said = self._language.measure(last, unit)
        elif found["currency"]:
            said = self._language.amount(last, currencies.code_of(found["currency"]))
        else:
            said = self._language.number(last) if _is_range(first, last, found["dash"]) else ""
        return self._language.span(self._language.number(first), said, found.before) if said else ""

    def _money(self, found: Found) -> str:
        numeral, code = self._read(found), currencies.code_of(found["currency"])
        if found["last"]:
            last = self._language.amount(self._read(found, "last"), code)
            said = self._language.span(self._language.number(numeral), last, found.before)
        elif magnitude := found["magnitude"] or self._language.magnitude_letters.get(found["letter"]):
            said = self._language.large_amount(numeral, magnitude, code)
        else:
            said = self._cents(numeral) if found["cents"] else self._language.amount(numeral, code)
            said = self._language.inflected(said, found.before)
        if not found["per"] or not said:
            return said
        name = self._language.unit_name(units.SYMBOLS[found["per"]], one=True)
        return self._language.per_unit(said, name) if name else f"{said}/{found['per']}"

    def _cents(self, numeral: Numeral) -> str:
        names = self._language.money.get("EUR", "").split("|")
        if len(names) < 4:
            return ""
        name = names[2] if self._language.is_one(numeral) else names[3]
        return f"{self._language.number(numeral, 'm')} {name}"

    def _lone_unit(self, found: Found) -> str:
        unit = units.read(found["unit"])
        return self._language.unit(unit, one=found.word_before in _PER_WORDS) if unit else ""

    def _lone_money(self, found: Found) -> str:
        return self._language.currency(currencies.code_of(found["currency"])) if self._language.says_numerals else ""

    def _operation(self, found: Found) -> str:
        sign = found.text.strip(" \u00a0")
        return self._between(found, "×" if sign in "x*" else sign)

    def _between(self, _found: Found, symbol: str) -> str:
        word = self._language.symbols.get(symbol)
        return f" {word} " if word else ""

    def _per(self, found: Found) -> str:
        name = self._language.unit_name(units.SYMBOLS[found["per"]], one=True) if self._language.says_numerals else ""
        return self._language.per_unit("", name) if name else ""

    def _lasting(self, found: Found) -> str:
        """1h 5m, 5m 30s: the m of a duration."""
        names = ("h", "min") if found["minutes"] else ("min", "s")
        parts = zip((found["first"], found["minutes"] or found["seconds"]), names, strict=True)
        said = [self._language.measure(Numeral(part, "", part), Unit(units.SYMBOLS[name])) for part, name in parts]
        return self._language.blank.join(said) if all(said) else ""

    def _particles(self, found: Found) -> str:
        """PM2.5 is PM2,5 wherever it is written so."""
        said = self._language.number(self._read(found))
        return f"P M{self._language.blank}{said}" if self._language.says_numerals else ""

    def _ratio(self, found: Found) -> str:
        if not self._language.ratio:
            return ""
        first, last = (self._language.cardinal(int(found[part])) for part in ("number", "last"))
        return self._language.blank.join((first, self._language.ratio, last))

    def _ordinal_span(self, found: Found) -> str:
        first, last = (self._language.ordinal(int(found[part]), ".", found.before) for part in ("n", "last"))
        return self._language.span(first, last)

    def _symbol(self, found: Found) -> str:
        return self._language.symbols.get(found["symbol"], "")


def _first_word(text: str) -> str:
    found = _WORD.match(text.lstrip())
    return found[0] if found else ""


def _is_range(first: Numeral, last: Numeral, dash: str) -> bool:
    """A dash of its own always means from-to; a hyphen does between small numbers that grow."""
    if dash.strip() != "-":
        return True
    small = all(len(numeral.whole) <= 4 and not numeral.whole.startswith("0") for numeral in (first, last))
    return small and first.size < last.size
