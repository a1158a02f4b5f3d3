"""Italian. num2words forgets the accent of "duemilaventitré" and does not shorten uno before a noun."""

import re
from collections.abc import Mapping

from typing_extensions import override

from voxd.text.abbreviations import Abbreviations, words
from voxd.text.calendar import Clock, Day
from voxd.text.languages.language import Language
from voxd.text.numerals import Numeral
from voxd.text.units import Unit

ABBREVIATIONS = Abbreviations(
    opening=words(
        "sig sigg sig.ra sig.na ing avv arch dott dott.ssa dr prof prof.ssa geom rag on sen mons ca es p.es "
        "ad.es cfr vs gent egr spett"
    ),
    numbering=words("n no nr art cap fig pag pagg vol tel gen feb mar apr mag giu lug ago set ott nov dic"),
    closing=words("ecc etc a.m p.m s.p.a s.r.l a.c d.c co"),
)
_FEMININE_ENDINGS = ("a", "zione", "sione", "tà")
_FEMININE_NOUNS = words("luce notte chiave parete")
_MASCULINE_NOUNS = words("problema programma sistema tema clima pianeta schema")
_LONG_ONE = re.compile(r"z|gn|ps|x|y|s[^aeiouàèéìòù]", re.IGNORECASE)
"""Beginnings of words before which one is uno."""
_NOT_NOUNS = words("e o di del della in a al alla per con da dal è sono che come più meno ma ed od su tra fra il la")


class Italian(Language):
    """Italian."""

    code = numerals = "it"
    abbreviations = ABBREVIATIONS
    decimal_comma = True
    spoken_fraction = True
    point = "virgola"
    to = "a"
    first_day_is_ordinal = True
    ratio = "a"
    code_opener = r"\b(?:codice|pin)\b"
    call_opener = r"\b(?:chiam\w*|compon\w*|emergenz[ae])(?: il)?"
    between = words("tra fra")
    clock_openers = ("alle", "dalle", "ore", "sono le")
    hour_marks = "hH"
    per = "per"
    signs: Mapping[str, str] = {
        "-": "meno",
        "−": "meno",
        "+": "più",
        "±": "più o meno",
        "~": "circa",
        "≈": "circa",
        "<": "meno di",
        ">": "più di",
        "≤": "al massimo",
        "≥": "almeno",
    }
    symbols: Mapping[str, str] = {"#": "numero", "&": "e", "×": "per", "=": "uguale a", "→": "a", "+": "più"}
    oclock = ("ore", "h")
    ordinal_pattern = r"(?P<n>[0-9]{1,15})\.?(?P<mark>º|ª|°(?= (?:piano|posto|giorno|turno|maggio)))"
    months = (
        *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno"),
        *("luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"),
    )
    units: Mapping[str, str] = {
        "concentr-percent": "per cento",
        "concentr-permillion": "P P M",
        "concentr-portion-per-1e9": "P P B",
        "temperature-celsius": "grado|gradi",
        "energy-watt-hour": "wattora",
        "energy-milliwatt-hour": "milliwattora",
        "energy-megawatt-hour": "megawattora",
        "energy-gigawatt-hour": "gigawattora",
        "energy-megajoule": "megajoule",
        "power-volt-ampere": "voltampere",
        "power-kilovolt-ampere": "kilovoltampere",
        "electric-millivolt": "millivolt",
        "electric-kilovolt": "kilovolt",
        "electric-ampere-hour": "amperora",
        "electric-milliampere-hour": "milliamperora",
        "electric-kiloohm": "kiloohm",
        "area-square-millimeter": "millimetro quadrato|millimetri quadrati",
        "digital-kibibyte": "kibibyte",
        "digital-mebibyte": "mebibyte",
        "digital-gibibyte": "gibibyte",
        "digital-tebibyte": "tebibyte",
        "sound-decibel": "decibel",
        "sound-decibel-milliwatt": "D B M",
        "frequency-revolution-per-minute": "giro al minuto|giri al minuto",
        "temperature-kelvin": "kelvin",
        "digital-bit": "bit",
        "speed-mile-per-hour": "miglio all'ora|miglia all'ora",
    }
    feminine = words("duration-hour length-yard mass-pound mass-ounce energy-kilocalorie GBP SEK NOK DKK CZK INR TRY")
    money: Mapping[str, str] = {
        "EUR": "euro|euro|centesimo|centesimi",
        "USD": "dollaro|dollari|centesimo|centesimi",
        "GBP": "sterlina|sterline|penny|pence",
        "JPY": "yen|yen",
        "CHF": "franco|franchi|centesimo|centesimi",
        "CNY": "yuan|yuan",
    }
    magnitudes = ("mila", "milioni", "milione", "miliardi", "miliardo")
    magnitude_link = "di"

    @override
    def cardinal(self, number: int, gender: str = "") -> str:
        if number == 1 and gender:
            return "una" if gender == "f" else "un"
        text = super().cardinal(number)
        return f"{text[:-1]}é" if text.endswith("tre") and number != 3 else text

    @override
    def ordinal(self, number: int, mark: str = "", before: str = "", noun: str = "") -> str:
        text = super().ordinal(number)
        return f"{text[:-1]}a" if mark in ("ª", "a") else text

    @override
    def measure(self, numeral: Numeral, unit: Unit) -> str:
        return super().measure(numeral, unit).replace("una o", "un'o")

    @override
    def whole_and_parts(self, whole: str, parts: Numeral, minor: str) -> str:
        return f"{whole} e {minor}"

    @override
    def date(self, day: Day, before: str) -> str:
        number = "primo" if day.day == 1 else self.cardinal(day.day)
        year = f" {self.year(day.year)}" if day.year is not None else ""
        return f"{number} {self.months[day.month - 1]}{year}"

    @override
    def time(self, clock: Clock) -> str:
        text = "una" if clock.hour == 1 else self.cardinal(clock.hour)
        if clock.minute:
            text += f" e {self.cardinal(clock.minute)}"
        if clock.second:
            text += f" e {self.cardinal(clock.second, 'm')} second{'o' if clock.second == 1 else 'i'}"
        return text

    @override
    def noun_gender(self, word: str, before: str = "", after: str = "") -> str:
        if not word.isalpha() or word.lower() in _NOT_NOUNS:
            return ""
        noun = word.lower()
        if noun in _FEMININE_NOUNS or (noun.endswith(_FEMININE_ENDINGS) and noun not in _MASCULINE_NOUNS):
            return "m" if noun[0] in "aeiou" else "f"  # un'ora: said like un
        return "" if _LONG_ONE.match(noun) else "m"
