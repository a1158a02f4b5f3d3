"""English. num2words puts commas into large numbers, which voices take for pauses: they are dropped here."""

from collections.abc import Mapping

from typing_extensions import override

from voxd.text import spelling
from voxd.text.abbreviations import Abbreviations, words
from voxd.text.calendar import Clock, Day
from voxd.text.languages.language import Language
from voxd.text.numerals import Numeral

ABBREVIATIONS = Abbreviations(
    opening=words(
        "dr mr mrs ms mx messrs prof rev hon st gen col lt sgt capt cmdr gov sen rep pres mt ft vs cf approx ca "
        "e.g i.e eg ie viz resp dept"
    ),
    numbering=words("no nos nr fig figs vol vols p pp ch sec art para tel ext ed jan feb apr aug sept oct nov dec"),
    closing=words("etc a.m p.m am pm inc ltd co corp jr sr bros u.s u.k u.s.a e.u ph.d b.a m.a d.c ave blvd rd est"),
)
_MONTH_FIRST_REGIONS = {"", "US", "PH", "PR", "GU"}


class English(Language):
    """English; dates are read month first unless the tag names another region than the United States."""

    code = numerals = "en"
    abbreviations = ABBREVIATIONS
    point = "point"
    to = "to"
    ratio = "to"
    code_opener = r"\b(?:code|pin|password)\b"
    call_opener = r"\b(?:call|dial|ring|phone|emergency)(?: number)?"
    between = words("between")
    countdown = r" (?:left|remaining|to go)\b"
    signs: Mapping[str, str] = {
        "-": "minus",
        "−": "minus",
        "+": "plus",
        "±": "plus or minus",
        "~": "about",
        "≈": "about",
        "<": "less than",
        ">": "more than",
        "≤": "at most",
        "≥": "at least",
    }
    symbols: Mapping[str, str] = {"#": "number", "&": "and", "×": "times", "=": "equals", "→": "to", "+": "plus"}
    has_halves = True
    ordinal_pattern = r"(?P<n>[0-9]{1,15})(?P<mark>st|nd|rd|th)"
    oclock = ("o'clock", "o’clock")
    months = (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    )
    units: Mapping[str, str] = {
        "energy-kilowatt-hour": "kilowatt hour|kilowatt hours",
        "energy-watt-hour": "watt hour|watt hours",
        "energy-milliwatt-hour": "milliwatt hour|milliwatt hours",
        "energy-megawatt-hour": "megawatt hour|megawatt hours",
        "energy-gigawatt-hour": "gigawatt hour|gigawatt hours",
        "energy-megajoule": "megajoule|megajoules",
        "power-volt-ampere": "volt-ampere|volt-amperes",
        "power-kilovolt-ampere": "kilovolt-ampere|kilovolt-amperes",
        "electric-millivolt": "millivolt|millivolts",
        "electric-kilovolt": "kilovolt|kilovolts",
        "electric-ampere": "amp|amps",
        "electric-milliampere": "milliamp|milliamps",
        "electric-ampere-hour": "amp hour|amp hours",
        "electric-milliampere-hour": "milliamp hour|milliamp hours",
        "electric-kiloohm": "kiloohm|kiloohms",
        "pressure-pound-force-per-square-inch": "P S I",
        "area-square-millimeter": "square millimeter|square millimeters",
        "light-lumen": "lumen|lumens",
        "digital-kibibyte": "kibibyte|kibibytes",
        "digital-mebibyte": "mebibyte|mebibytes",
        "digital-gibibyte": "gibibyte|gibibytes",
        "digital-tebibyte": "tebibyte|tebibytes",
        "sound-decibel": "decibel|decibels",
        "sound-decibel-milliwatt": "D B M",
        "frequency-revolution-per-minute": "revolution per minute|revolutions per minute",
    }
    money: Mapping[str, str] = {
        "EUR": "euro|euros|cent|cents",
        "USD": "dollar|dollars|cent|cents",
        "GBP": "pound|pounds|penny|pence",
        "JPY": "yen|yen",
        "CHF": "Swiss franc|Swiss francs|centime|centimes",
        "CNY": "yuan|yuan",
        "AUD": "Australian dollar|Australian dollars|cent|cents",
        "CAD": "Canadian dollar|Canadian dollars|cent|cents",
        "INR": "rupee|rupees|paisa|paise",
    }
    magnitudes = ("thousand", "million", "billion", "trillion")
    magnitude_letters: Mapping[str, str] = {
        "k": "thousand",
        "K": "thousand",
        "M": "million",
        "bn": "billion",
        "B": "billion",
    }
    year_openers = words("in since from until by of year before after around") | {month.lower() for month in months}
    excluded_units = words("mn Min Std Sek")

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.day_first = self.region not in _MONTH_FIRST_REGIONS

    @override
    def cardinal(self, number: int, gender: str = "") -> str:
        return super().cardinal(number, gender).replace(",", "")

    @override
    def ordinal(self, number: int, mark: str = "", before: str = "", noun: str = "") -> str:
        return super().ordinal(number, mark, before).replace(",", "")

    @override
    def year(self, number: int) -> str:
        return spelling.year(number, "en").replace("oh-", "oh ").replace(",", "")

    @override
    def whole_and_parts(self, whole: str, parts: Numeral, minor: str) -> str:
        return f"{whole} and {minor}"

    @override
    def date(self, day: Day, before: str) -> str:
        number, month = self.ordinal(day.day), self.months[day.month - 1]
        article = "" if before.lower().endswith(" the ") or before.lower() == "the " else "the "
        text = f"{article}{number} of {month}" if self.day_first else f"{month} {number}"
        return f"{text} {self.year(day.year)}" if day.year is not None else text

    @override
    def time(self, clock: Clock) -> str:
        if clock.hour % 24 == clock.minute == 0 and not clock.second and not clock.half:
            return "midnight"
        half = clock.half or ("pm" if 12 < clock.hour < 24 else "am" if clock.hour % 24 == 0 else "")
        hour = self.cardinal(clock.hour % 12 or 12)
        words = [hour, _minutes(self, clock, half)]
        if clock.second:
            words.append(f"and {self.cardinal(clock.second)} second{'' if clock.second == 1 else 's'}")
        return " ".join(word for word in (*words, half.upper()) if word)


def _minutes(english: English, clock: Clock, half: str) -> str:
    if clock.minute == 0:
        return "" if half or clock.second else "o'clock"
    return ("oh " if clock.minute < 10 else "") + english.cardinal(clock.minute)
