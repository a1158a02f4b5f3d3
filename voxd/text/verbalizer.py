"""Numbers, dates, times, money and units of one text, said in words."""

import re
from collections.abc import Callable
from functools import lru_cache

from voxd.text import currencies, numerals, patterns, units
from voxd.text.abbreviations import words
from voxd.text.calendar import Clock, Day, clock_of, day_of
from voxd.text.languages.language import Language
from voxd.text.languages.table import language_for
from voxd.text.numerals import Numeral

_WORTH_A_LOOK = re.compile(r"[0-9%°&×=→€£@+]|://|www\.")
_BEFORE_CHARS = 24
_WORD = re.compile(r"[^\W\d_]+")
_PER_WORDS = words("per pro par por al a je la le each every 每")

_Saying = Callable[[re.Match[str], str], str | None]


class Verbalizer:
    """Says one language. What it does not understand, or the language has no words for, stays as it was written."""

    def __init__(self, language: Language) -> None:
        self._language = language
        sources = patterns.named_sources(language)
        self._master = patterns.master(sources)
        self._kinds = {kind: re.compile(source) for kind, source in sources.items()}
        self._sayings: dict[str, _Saying] = {
            "link": self._link,
            "moment": self._moment,
            "big_first": self._date,
            "dotted": self._dotted,
            "either_first": self._either_first,
            "cjk_year": self._cjk_year,
            "month_day": self._named_date,
            "day_month": self._named_date,
            "phone": self._phone,
            "until": lambda _match, _before: self._language.span("", ""),
            "clock": self._clock,
            "h_clock": self._clock,
            "half_clock": self._clock,
            "full_clock": self._full_clock,
            "price": self._money,
            "cost": self._money,
            "range": self._range,
            "ordinal": self._ordinal,
            "measure": self._measure,
            "cross": lambda _match, _before: self._spaced_symbol("×"),
            "plain": self._plain,
            "lone_unit": self._lone_unit,
            "lone_money": lambda match, _before: self._lone_money(match),
            "symbol": lambda match, _before: self._language.symbols.get(match["symbol"]),
        }

    def spoken(self, text: str) -> str:
        """The text with all this in words."""
        if not _WORTH_A_LOOK.search(text):
            return text
        return self._master.sub(self._said, text)

    def _said(self, match: re.Match[str]) -> str:
        kind = match.lastgroup or ""
        saying = self._sayings.get(kind)
        inner = self._kinds[kind].match(match.string, match.start()) if saying else None
        if saying is None or inner is None:
            return match[0]
        before = match.string[max(0, match.start() - _BEFORE_CHARS) : match.start()]
        said = saying(inner, before)
        return said or match[0]

    # --- numbers ---

    def _read(self, match: re.Match[str], group: str = "number") -> Numeral:
        sign = (match.groupdict().get("sign") or "").strip(" \u00a0")
        return numerals.read(sign + match[group], decimal_comma=self._language.reads_decimal_comma())

    def _plain(self, match: re.Match[str], before: str) -> str | None:
        numeral = self._read(match)
        if self._is_year(numeral, before):
            return self._language.year(int(numeral.whole))
        gender = self._language.noun_gender(match["noun"]) if match["noun"] else ""
        return self._language.number(numeral, gender)

    def _is_year(self, numeral: Numeral, before: str) -> bool:
        if len(numeral.whole) != 4 or numeral.fraction or numeral.sign or len(numeral.literal) != 4:
            return False
        return _last_word(before) in self._language.year_openers and 1100 <= int(numeral.whole) <= 2099

    def _measure(self, match: re.Match[str], _before: str) -> str | None:
        symbol = match["unit"]
        numeral = self._read(match)
        unit = units.read(symbol)
        glued = not match["gap"]
        if unit is None or symbol in self._language.excluded_units:
            return self._left_alone(match, numeral)
        if glued and numeral.is_integer and symbol in units.GLUED_ONLY_AFTER_BLANK:
            return None
        return self._language.measure(numeral, unit) or self._left_alone(match, numeral)

    def _left_alone(self, match: re.Match[str], numeral: Numeral) -> str | None:
        """The number in words, its unknown unit as written; nothing of both where they are glued together."""
        return f"{self._language.number(numeral)}{match['gap']}{match['unit']}" if match["gap"] else None

    def _range(self, match: re.Match[str], _before: str) -> str | None:
        first, last = (
            self._read(match, "first"),
            numerals.read(match["number"], decimal_comma=self._language.reads_decimal_comma()),
        )
        unit = units.read(match["unit"]) if match["unit"] else None
        if not unit and not match["currency"] and not _is_range(first, last, match["dash"]):
            return None
        if unit:
            said = self._language.measure(last, unit)
        elif match["currency"]:
            said = self._language.amount(last, currencies.code_of(match["currency"]))
        else:
            said = self._language.number(last)
        return self._language.span(self._language.number(first), said) if said else None

    def _ordinal(self, match: re.Match[str], before: str) -> str | None:
        number = int(match["n"])
        if match["mark"] != ".":
            return self._language.ordinal(number, match["mark"], before)
        following = _WORD.match(match.string, match.end() + 1)
        word = following[0] if following else ""
        openers, months = self._language.ordinal_openers, self._language.months
        if _last_word(before) in openers or word in months or (word[:1].islower() and before.strip()):
            return self._language.ordinal(number, match["mark"], before)
        return f"{self._language.cardinal(number)}."

    def _phone(self, match: re.Match[str], _before: str) -> str | None:
        if not self._language.says_numerals:
            return None
        plus = f"{self._language.signs['+']} " if match[0].startswith("+") else ""
        return plus + ", ".join(self._language.digits(digits) for digits in re.findall("[0-9]+", match[0]))

    # --- money and units ---

    def _money(self, match: re.Match[str], _before: str) -> str | None:
        language, numeral = self._language, self._read(match)
        groups = match.groupdict()
        code = currencies.code_of(groups["currency"] or "")
        if magnitude := groups.get("magnitude"):
            count = language.number(numeral, language.noun_gender(magnitude))
            said = " ".join(
                word for word in (count, magnitude, language.magnitude_link, language.currency(code)) if word
            )
        elif groups.get("cents"):
            said = self._cents(numeral)
        else:
            said = language.amount(numeral, code)
        per = groups.get("per")
        name = language.unit_name(units.SYMBOLS[per], one=True) if per else ""
        if per and not name:
            return f"{said}/{per}"
        return language.per_unit(said, name) if name and said else said

    def _cents(self, numeral: Numeral) -> str:
        names = self._language.money.get("EUR", "").split("|")
        if len(names) < 4:
            return ""
        name = names[2] if self._language.is_one(numeral) else names[3]
        return f"{self._language.number(numeral, 'm')} {name}"

    def _lone_unit(self, match: re.Match[str], before: str) -> str | None:
        unit = units.read(match["unit"])
        return self._language.unit(unit, one=_last_word(before) in _PER_WORDS) if unit else None

    def _lone_money(self, match: re.Match[str]) -> str | None:
        return self._language.currency(currencies.code_of(match["currency"])) if self._language.says_numerals else None

    def _spaced_symbol(self, symbol: str) -> str | None:
        word = self._language.symbols.get(symbol)
        return f" {word} " if word else None

    # --- dates and times ---

    def _say_day(self, day: Day | None, before: str) -> str | None:
        return self._language.date(day, before) if day else None

    def _date(self, match: re.Match[str], before: str) -> str | None:
        return self._say_day(day_of(match["year"], match["month"], match["day"]), before)

    def _moment(self, match: re.Match[str], before: str) -> str | None:
        date = self._date(match, before)
        if not date or match["hour"] is None:
            return date
        clock = clock_of(match["hour"], match["minute"], None, "")
        return f"{date}, {self._language.time(clock) or match['hour'] + ':' + match['minute']}" if clock else None

    def _dotted(self, match: re.Match[str], before: str) -> str | None:
        """20.11.2026; without a year only where the word before tells that it is a date and no number."""
        if match["year"] is None:
            return self._dotted_short(match, before)
        day = day_of(match["year"], match["month"], match["day"])
        is_version = len(match["year"]) == 2 and not self._language.decimal_comma
        return None if is_version else self._say_day(day, before)

    def _dotted_short(self, match: re.Match[str], before: str) -> str | None:
        day = day_of(None, match["month"], match["day"])
        if day and self._language.ordinal_openers and _last_word(before) in self._language.ordinal_openers:
            return self._language.date(day, before)
        text = match[0].rstrip(".")
        if not re.fullmatch(r"[0-9]+\.[0-9]+", text):
            return None
        return f"{self._language.number(numerals.read(text, decimal_comma=self._language.reads_decimal_comma()))}."

    def _either_first(self, match: re.Match[str], before: str) -> str | None:
        day, month = (match["a"], match["b"]) if self._language.day_first else (match["b"], match["a"])
        if int(month) > 12:
            day, month = month, day
        return self._say_day(day_of(match["year"], month, day), before)

    def _cjk_year(self, match: re.Match[str], _before: str) -> str | None:
        return f"{self._language.year(int(match['year']))}年" if self._language.code == "zh" else None

    def _named_date(self, match: re.Match[str], before: str) -> str | None:
        names = [month[:3] for month in self._language.months]
        day = day_of(match["year"], str(names.index(match["name"][:3]) + 1), match["day"])
        return self._say_day(day, before)

    def _clock(self, match: re.Match[str], _before: str) -> str | None:
        groups = match.groupdict()
        clock = clock_of(groups["hour"], groups.get("minute"), groups.get("second"), groups.get("half") or "")
        return self._say_clock(clock)

    def _say_clock(self, clock: Clock | None) -> str | None:
        return self._language.time(clock) if clock else None

    def _full_clock(self, match: re.Match[str], _before: str) -> str | None:
        clock = clock_of(match["hour"], match["minute"], None, "")
        if clock and (clock.hour or match["minute"]):
            return self._language.time(clock)
        return None if match["minute"] else f"{self._language.cardinal(int(match['hour']))}{match['word']}"

    def _link(self, match: re.Match[str], _before: str) -> str | None:
        """The address without its scheme, which nobody wants to hear."""
        return match["rest"].removeprefix("www.")


def _is_range(first: Numeral, last: Numeral, dash: str) -> bool:
    """A dash of its own always means from-to; a hyphen does between small numbers that grow."""
    if dash.strip() != "-":
        return True
    small = all(len(numeral.whole) <= 4 and not numeral.whole.startswith("0") for numeral in (first, last))
    return small and first.size < last.size


def _last_word(before: str) -> str:
    parts = before.split()
    return parts[-1].strip("(\"'„“«").lower() if parts else ""


@lru_cache(maxsize=16)
def verbalizer_for(tag: str) -> Verbalizer:
    """The verbalizer of a language tag; the few that a house uses are kept."""
    return Verbalizer(language_for(tag))
