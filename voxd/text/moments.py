"""Dates and times of day in words."""

import re

from voxd.text import numerals
from voxd.text.calendar import Day, clock_of, day_of
from voxd.text.found import Found, Saying
from voxd.text.languages.language import Language
from voxd.text.numerals import Numeral

_DECIMAL = re.compile(r"[0-9]+\.[0-9]+")


class Moments:
    """Says the dates and times of one language; "" for what is no date or time, or has no words."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def sayings(self) -> dict[str, Saying]:
        """What to do with each kind of find."""
        return {
            "moment": self._moment,
            "big_first": self._date,
            "dotted": self._dotted,
            "dotted_clock": self._clock,
            "either_first": self._either_first,
            "cjk_year": self._cjk_year,
            "month": self._month,
            "decade": self._decade,
            "month_day": self._named_date,
            "day_month": self._named_date,
            "until": self._until,
            "clock": self._clock,
            "h_clock": self._clock,
            "half_clock": self._clock,
            "full_clock": self._full_clock,
        }

    def _say_day(self, day: Day | None, found: Found) -> str:
        return self._language.date(day, found.before) if day else ""

    def _date(self, found: Found) -> str:
        return self._say_day(day_of(found["year"], found["month"], found["day"]), found)

    def _moment(self, found: Found) -> str:
        date, clock = self._date(found), self._clock(found) if found["hour"] else ""
        if not date or not found["hour"]:
            return date
        return f"{date}, {clock or found['hour'] + ':' + found['minute']}"

    def _dotted(self, found: Found) -> str:
        """20.11.2026; without a year only where the word before tells that it is a date and no number."""
        if not found["year"]:
            return self._dotted_short(found)
        is_version = len(found["year"]) == 2 and not self._language.reads_decimal_comma()
        return "" if is_version else self._date(found)

    def _dotted_short(self, found: Found) -> str:
        if self._language.date_openers and self._is_short_date(found) and (said := self._date(found)):
            return said
        text = found.text.rstrip(".")
        if not _DECIMAL.fullmatch(text):
            return ""
        return f"{self._language.number(numerals.read(text, decimal_comma=self._language.reads_decimal_comma()))}."

    def _is_short_date(self, found: Found) -> bool:
        """Whether 3.4. is no decimal number at the end of a sentence.

        It is a date behind an opener or a colon, and where the sentence goes on; 24.11. is one but after a small word.
        """
        before, after = found.before.split()[-1:], found.after.lstrip()
        if found.word_before.rstrip(".,:") in self._language.date_openers or found.word_before.endswith(":"):
            return True
        is_likely = len(found["month"]) == 2 and not (before and before[0][0].islower())
        return is_likely or after[:1].islower() or after.startswith((",", ")"))

    def _either_first(self, found: Found) -> str:
        day, month = (found["a"], found["b"]) if self._language.day_first else (found["b"], found["a"])
        if int(month) > 12:
            day, month = month, day
        return self._say_day(day_of(found["year"], month, day), found)

    def _cjk_year(self, found: Found) -> str:
        return f"{self._language.year(int(found['year']))}年" if self._language.code == "zh" else ""

    def _named_date(self, found: Found) -> str:
        return self._say_day(day_of(found["year"], str(self._index(found) + 1), found["day"]), found)

    def _index(self, found: Found) -> int:
        return [month[:3] for month in self._language.months].index(found["name"][:3])

    def _month(self, found: Found) -> str:
        return self._language.months[self._index(found)]

    def _decade(self, found: Found) -> str:
        return f"{self._language.cardinal(int(found['tens']))[:-1]}ies"

    def _until(self, found: Found) -> str:
        return self._language.span("", "", found.before)

    def _clock(self, found: Found) -> str:
        clock = clock_of(found["hour"], found["minute"], found["second"], found["half"])
        if self._language.countdown and re.match(self._language.countdown, found.after):
            parts = (found[part] for part in ("hour", "minute", "second"))
            return " ".join(self._language.number(Numeral("", "", part)) for part in parts if part)
        return self._language.time(clock) if clock else ""

    def _full_clock(self, found: Found) -> str:
        """An hour with its word, or as many hours as no day has."""
        said = self._clock(found)
        return said or ("" if found["minute"] else f"{self._language.cardinal(int(found['hour']))}{found['word']}")
