"""What a language must know to say a number: the frame that each language's file fills in."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from voxd.text import cldr, spelling
from voxd.text.abbreviations import COMMON, Abbreviations
from voxd.text.calendar import Clock, Day
from voxd.text.numerals import Numeral
from voxd.text.units import Unit

LONGEST_NUMBER_DIGITS = 15
"""Longer numbers are no quantities; they are said digit by digit."""


class Language(ABC):
    """A language that says numerals in words. Class attributes are its tables, methods its grammar.

    `numerals` is the num2words language; `oclock` are the words that follow an hour, `has_halves` allows 7 pm,
    `ordinal_pattern` finds written ordinals (groups `n` and `mark`), `ratio` stands between the numbers of 3:2.
    After `year_openers` 1985 is a year, after `date_openers` 3.4. is a date, after `clock_openers` 18.30 is a time,
    and one of `hour_marks` stands between the hours and minutes of 18h30. `countdown` (an expression) behind 0:45
    tells that it is no time of day. A little after `code_opener` 1234 is said digit by digit, right after
    `call_opener` 112 is. After `between` 18-22 is said with "and". `magnitudes` follow numbers, `magnitude_letters`
    are their short forms right behind a number ($3M), `magnitude_link` leads from one to its noun. `blank` stands
    between words. `units` names units as "one|many" where CLDR has no name or not the spoken one; `money` names
    currencies as "one|many|minor one|minor many". Texts given as `before` are what stands left of a number, where
    its form depends on that.
    """

    code = ""
    numerals = ""
    abbreviations: Abbreviations = COMMON
    decimal_comma = False
    blank_groups = False
    spoken_fraction = False
    day_first = True
    point = ""
    signs: Mapping[str, str] = {}
    symbols: Mapping[str, str] = {}
    to = ""
    per = "per"
    oclock: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    units: Mapping[str, str] = {}
    money: Mapping[str, str] = {}
    feminine: frozenset[str] = frozenset()
    magnitudes: tuple[str, ...] = ()
    magnitude_letters: Mapping[str, str] = {}
    magnitude_link = ""
    year_openers: frozenset[str] = frozenset()
    ratio = ""
    first_day_is_ordinal = False
    code_opener = r"\b(?:code|pin)\b"
    call_opener = ""
    between: frozenset[str] = frozenset()
    blank = " "
    date_openers: frozenset[str] = frozenset()
    clock_openers: tuple[str, ...] = ()
    hour_marks = ""
    countdown = ""
    excluded_units: frozenset[str] = frozenset({"mi", "ha", "mn", "Min", "Std", "Sek"})
    says_numerals = True
    has_halves = False
    ordinal_pattern = ""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.region = tag.partition("-")[2].upper()

    def reads_decimal_comma(self) -> bool:
        """Whether 3,500 means three and a half rather than thousands."""
        return self.decimal_comma

    # --- numbers ---

    def cardinal(self, number: int, gender: str = "") -> str:
        """A whole number in words; `gender` ("m", "f", "n") is that of the noun behind it, "" where none is."""
        del gender
        return spelling.cardinal(number, self.numerals)

    def number(self, numeral: Numeral, gender: str = "") -> str:
        """A number in words, with its sign."""
        sign = self.signs.get(numeral.sign, "")
        return f"{sign} {self.size(numeral, gender)}".strip()

    def size(self, numeral: Numeral, gender: str = "") -> str:
        """A number in words, without its sign."""
        if len(numeral.whole) > LONGEST_NUMBER_DIGITS or (numeral.whole[0] == "0" and len(numeral.whole) > 1):
            whole = self.digits(numeral.whole)
        else:
            whole = self.cardinal(int(numeral.whole), "" if numeral.fraction else gender)
        return f"{whole} {self.point} {self._fraction(numeral.fraction)}" if numeral.fraction else whole

    def digits(self, digits: str) -> str:
        """Digits, one by one."""
        return " ".join(self.cardinal(int(digit)) for digit in digits)

    def _fraction(self, digits: str) -> str:
        if not self.spoken_fraction or len(digits) > 2 or digits == "00":
            return self.digits(digits)
        zeros = len(digits) - len(digits.lstrip("0"))
        return " ".join(self.cardinal(int(part)) for part in ("0" * zeros, digits[zeros:]) if part)

    def ordinal(self, number: int, mark: str = "", before: str = "", noun: str = "") -> str:
        """An ordinal in words; `mark` is its written ending, `noun` the word behind it."""
        del mark, before, noun
        return spelling.ordinal(number, self.numerals)

    def year(self, number: int) -> str:
        """A year in words."""
        return self.cardinal(number)

    def span(self, first: str, last: str, before: str = "") -> str:
        """From one thing in words to another, or between them."""
        is_between = self.between.intersection(before.lower().split()[-2:])
        return self.blank.join((first, self.symbols["&"] if is_between else self.to, last))

    # --- units and money ---

    def is_one(self, numeral: Numeral) -> bool:
        """Whether a noun behind the number is in the singular."""
        return numeral.size == 1 and numeral.is_integer

    def unit_name(self, name: str, *, one: bool) -> str:
        """The name of a unit, or "" if the language has none."""
        if own := self.units.get(name):
            singular, _, plural = own.partition("|")
            return singular if one or not plural else plural
        return cldr.unit_name(name, "one" if one else "other", self.code)

    def measure(self, numeral: Numeral, unit: Unit) -> str:
        """A quantity in words, or "" if the unit has no name."""
        numeral = numeral.trimmed()
        name = self.unit(unit, one=self.is_one(numeral))
        return f"{self.number(numeral, self.gender(unit.name))} {name}" if name else ""

    def unit(self, unit: Unit, *, one: bool) -> str:
        """The words of a unit, or "" if it has no name."""
        name = self.unit_name(unit.name, one=one)
        per = self.unit_name(unit.per, one=True) if unit.per else ""
        if not name or (unit.per and not per):
            return ""
        return self.per_unit(name, per) if per else name

    def gender(self, name: str) -> str:
        """The gender of a unit's or a currency's name."""
        return "f" if name in self.feminine else "m"

    def amount(self, numeral: Numeral, code: str) -> str:
        """Money in words: 12.50 as whole and parts, anything finer as a decimal number."""
        one, many, minor_one, minor_many = (*self.money.get(code, "").split("|"), "", "", "")[:4]
        if len(numeral.fraction) == 2 and numeral.fraction != "00" and minor_one:
            parts = Numeral("", "", numeral.fraction.lstrip("0"))
            minor = f"{self.number(parts, self.gender(minor_one))} {minor_one if self.is_one(parts) else minor_many}"
            sign = self.signs.get(numeral.sign, "")
            if int(numeral.whole) == 0:
                return f"{sign} {minor}".strip()
            major = Numeral("", numeral.sign, numeral.whole)
            return self.whole_and_parts(self._counted(major, code, one, many), parts, minor)
        return self._counted(numeral.trimmed(), code, one, many)

    def whole_and_parts(self, whole: str, parts: Numeral, minor: str) -> str:
        """Twelve euros and fifty cents; `parts` is the number in `minor`."""
        del minor
        return f"{whole} {self.number(parts)}"

    def _counted(self, numeral: Numeral, code: str, one: str, many: str) -> str:
        singular = self.is_one(numeral)
        name = (one if singular else many) or self.currency(code, one=singular)
        is_round = self.magnitude_link and numeral.is_integer and numeral.whole.endswith("000000")
        return f"{self.number(numeral, self.gender(code))} {self.of(name) if is_round else name}"

    def of(self, name: str) -> str:
        """The name of what a million is counted of."""
        return f"{self.magnitude_link} {name}".lstrip()

    def large_amount(self, numeral: Numeral, magnitude: str, code: str) -> str:
        """Money with a written magnitude: three million euros."""
        name = self.currency(code)
        counted = name if magnitude == self.magnitudes[0] else self.of(name)
        return f"{self.number(numeral, self.noun_gender(magnitude))} {magnitude} {counted}"

    def currency(self, code: str, *, one: bool = False) -> str:
        """The name of a currency alone."""
        own = self.money.get(code, "").split("|")
        if own[0]:
            return own[0] if one else own[1]
        return cldr.currency_name(code, "one" if one else "other", self.code)

    def per_unit(self, text: str, name: str) -> str:
        """A quantity or price in words, for each `name`."""
        return self.blank.join((text, self.per, name))

    # --- dates and times ---

    def date(self, day: Day, before: str) -> str:
        """A date in words; `before` is what stands left of it."""
        del before
        month = self.months[day.month - 1]
        year = f" {self.year(day.year)}" if day.year is not None else ""
        return f"{self.cardinal(day.day)} {month}{year}"

    @abstractmethod
    def time(self, clock: Clock) -> str:
        """A time of day in words."""

    def noun_gender(self, word: str, before: str = "", after: str = "") -> str:
        """The gender of the word behind a plain number, as far as the number's form depends on it.

        `before` and `after` are what stands around the number.
        """
        del word, before, after
        return ""

    def inflected(self, text: str, before: str) -> str:
        """A quantity in words, in the form that the word before it asks for."""
        del before
        return text
