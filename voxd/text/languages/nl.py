"""Dutch. CLDR has no Dutch hour or day in the long form, and its degree is one of arc: corrected here."""

from collections.abc import Mapping

from typing_extensions import override

from voxd.text.abbreviations import Abbreviations, words
from voxd.text.calendar import Clock, Day
from voxd.text.languages.language import Language

ABBREVIATIONS = Abbreviations(
    opening=words(
        "dr drs dhr mevr mw mr ir ing prof ds st ca bijv bv d.w.z o.a m.b.t t.o.v i.v.m n.a.v z.g zgn resp incl excl "
        "evt max min vs ong t/m m.a.w i.p.v z.s.m"
    ),
    numbering=words("nr nrs art blz hfst fig pag tel jan feb mrt apr jun jul aug sept okt nov dec"),
    closing=words("enz etc a.m p.m e.d e.a n.chr v.chr co str"),
)


class Dutch(Language):
    """Dutch."""

    code = numerals = "nl"
    abbreviations = ABBREVIATIONS
    decimal_comma = True
    point = "komma"
    to = "tot"
    ratio = "op"
    code_opener = r"\b(?:code|pin|wachtwoord)\b"
    call_opener = r"\b(?:bel(?:t|len)?|draai|noodnummer)"
    between = words("tussen")
    clock_openers = ("om",)
    hour_marks = "uU"
    per = "per"
    signs: Mapping[str, str] = {
        "-": "min",
        "−": "min",
        "+": "plus",
        "±": "plusminus",
        "~": "ongeveer",
        "≈": "ongeveer",
        "<": "minder dan",
        ">": "meer dan",
        "≤": "hoogstens",
        "≥": "minstens",
    }
    symbols: Mapping[str, str] = {"#": "nummer", "&": "en", "×": "keer", "=": "is", "→": "naar", "+": "plus"}
    oclock = ("uur", "u")
    ordinal_pattern = r"(?P<n>[0-9]{1,15})(?P<mark>ste|de|e)"
    months = (
        *("januari", "februari", "maart", "april", "mei", "juni"),
        *("juli", "augustus", "september", "oktober", "november", "december"),
    )
    units: Mapping[str, str] = {
        "concentr-permillion": "P P M",
        "concentr-portion-per-1e9": "P P B",
        "temperature-celsius": "graad Celsius|graden Celsius",
        "temperature-fahrenheit": "graad Fahrenheit|graden Fahrenheit",
        "angle-degree": "graad|graden",
        "duration-hour": "uur",
        "duration-day": "dag|dagen",
        "energy-watt-hour": "wattuur",
        "energy-milliwatt-hour": "milliwattuur",
        "energy-megawatt-hour": "megawattuur",
        "energy-gigawatt-hour": "gigawattuur",
        "energy-joule": "joule",
        "energy-kilojoule": "kilojoule",
        "energy-megajoule": "megajoule",
        "power-volt-ampere": "voltampère",
        "power-kilovolt-ampere": "kilovoltampère",
        "electric-millivolt": "millivolt",
        "electric-kilovolt": "kilovolt",
        "electric-ampere-hour": "ampère-uur",
        "electric-milliampere-hour": "milliampère-uur",
        "electric-kiloohm": "kilo-ohm",
        "area-square-millimeter": "vierkante millimeter",
        "digital-bit": "bit",
        "digital-byte": "byte",
        "digital-kilobit": "kilobit",
        "digital-megabit": "megabit",
        "digital-gigabit": "gigabit",
        "digital-kibibyte": "kibibyte",
        "digital-mebibyte": "mebibyte",
        "digital-gibibyte": "gibibyte",
        "digital-tebibyte": "tebibyte",
        "sound-decibel": "decibel",
        "sound-decibel-milliwatt": "D B M",
        "frequency-revolution-per-minute": "omwenteling per minuut|omwentelingen per minuut",
        "length-inch": "inch",
    }
    money: Mapping[str, str] = {
        "EUR": "euro|euro|cent|cent",
        "USD": "dollar|dollar|cent|cent",
        "GBP": "pond|pond|penny|pence",
        "JPY": "yen|yen",
        "CHF": "frank|frank|rappen|rappen",
        "CNY": "yuan|yuan",
    }
    magnitudes = ("duizend", "miljoen", "miljard", "biljoen")
    year_openers = words("in sinds van tot jaar rond omstreeks na voor") | set(months)

    @override
    def year(self, number: int) -> str:
        """1985 is read as nineteen hundreds; num2words writes that in pieces."""
        if not 1100 <= number <= 1999:
            return self.cardinal(number)
        rest = self.cardinal(number % 100) if number % 100 else ""
        return f"{self.cardinal(number // 100)}honderd{rest}"

    @override
    def date(self, day: Day, before: str) -> str:
        year = f" {self.year(day.year)}" if day.year is not None else ""
        return f"{self.cardinal(day.day)} {self.months[day.month - 1]}{year}"

    @override
    def time(self, clock: Clock) -> str:
        text = f"{self.cardinal(clock.hour)} uur"
        if clock.minute or clock.second:
            text += f" {self.cardinal(clock.minute)}"
        if clock.second:
            text += f" en {self.cardinal(clock.second)} seconde{'' if clock.second == 1 else 'n'}"
        return text
