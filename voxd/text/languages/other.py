"""Any language without a file of its own: units, money and dates by CLDR, numerals left to the engine."""

from typing_extensions import override

from voxd.text import cldr
from voxd.text.calendar import Clock, Day
from voxd.text.languages.language import Language
from voxd.text.numerals import Numeral
from voxd.text.units import Unit


class OtherLanguage(Language):
    """Says less than a language with a table, and nothing wrong: what it cannot name stays as it was written."""

    says_numerals = False

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.code = tag

    @override
    def reads_decimal_comma(self) -> bool:
        return cldr.has_decimal_comma(self.tag)

    @override
    def span(self, first: str, last: str, before: str = "") -> str:
        return f"{first}–{last}"

    @override
    def number(self, numeral: Numeral, gender: str = "") -> str:
        """As written: the engine knows how to count in its language."""
        return numeral.literal

    @override
    def measure(self, numeral: Numeral, unit: Unit) -> str:
        name = "" if unit.per else cldr.unit_name(unit.name, cldr.plural_form(numeral.size, self.tag), self.tag)
        return f"{numeral.literal} {name}" if name else ""

    @override
    def unit(self, unit: Unit, *, one: bool) -> str:
        return ""

    @override
    def amount(self, numeral: Numeral, code: str) -> str:
        return f"{numeral.literal} {cldr.currency_name(code, cldr.plural_form(numeral.size, self.tag), self.tag)}"

    @override
    def ordinal(self, number: int, mark: str = "", before: str = "", noun: str = "") -> str:
        return f"{number}{mark}"

    @override
    def date(self, day: Day, before: str) -> str:
        return cldr.long_date(day.as_date(), self.tag) if day.year is not None else ""

    @override
    def time(self, clock: Clock) -> str:
        return ""

    @override
    def digits(self, digits: str) -> str:
        return digits
