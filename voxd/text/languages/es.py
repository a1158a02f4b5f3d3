"""Spanish. num2words says "punto", "veintiuno mil" and "décimoprimero": corrected here."""

import re
from collections.abc import Mapping

from typing_extensions import override

from voxd.text.abbreviations import Abbreviations, words
from voxd.text.calendar import Clock, Day
from voxd.text.languages.language import Language
from voxd.text.numerals import Numeral

ABBREVIATIONS = Abbreviations(
    opening=words(
        "sr sra sres sras srta srtas dr dra drs dras prof profa d dª dña lic ing arq gral tte sto sta av avda "
        "p.ej ej aprox máx mín vs cf ud uds vd vds ee"
    ),
    numbering=words("no núm nº n.º pág págs art cap fig vol tel tfno ene feb abr jun jul ago sept oct nov dic"),
    closing=words("etc a.m p.m ee.uu uu cía ltda s.a s.l a.c d.c"),
)
_ONE_BEFORE_THOUSANDS = re.compile(r"(veinti|y )?uno (?=mil|billon|trillon)")
_ONE_AT_END = re.compile(r"(veinti|y )?uno$")
_HUNDREDS = re.compile(r"(cient|gient|nient)os\b(?! mill)")
_TEENS = {
    11: "undécimo",
    12: "duodécimo",
    13: "decimotercero",
    14: "decimocuarto",
    15: "decimoquinto",
    16: "decimosexto",
    17: "decimoséptimo",
    18: "decimoctavo",
    19: "decimonoveno",
}
_FEMININE_ENDINGS = ("a", "as", "ción", "ciones", "sión", "siones", "dad", "dades")
_FEMININE_NOUNS = words("luz luces vez veces noche noches llave llaves")
_MASCULINE_NOUNS = words(
    "día días mapa mapas problema problemas programa programas sistema sistemas tema temas idioma idiomas planeta "
    "planetas kilovatio kilovatios"
)
_POINT_REGIONS = {"MX", "US", "GT", "HN", "NI", "SV", "PA", "DO", "PR", "PE", "419"}
_PESO_REGIONS = {"MX", "AR", "CL", "CO", "CU", "DO", "UY"}


def _apocope(match: re.Match[str]) -> str:
    return {"veinti": "veintiún", "y ": "y un"}.get(match[1] or "", "un")


class Spanish(Language):
    """Spanish; Mexico and its neighbours say "punto" for the decimal mark, the rest "coma"."""

    code = numerals = "es"
    abbreviations = ABBREVIATIONS
    decimal_comma = True
    spoken_fraction = True
    point = "coma"
    to = "a"
    ratio = "a"
    code_opener = r"\b(?:código|pin|clave)\b"
    call_opener = r"\b(?:llam\w*|marque|marcar|emergencias?)(?: al)?"
    between = words("entre")
    clock_openers = ("a las", "a la", "las")
    hour_marks = "hH"
    per = "por"
    signs: Mapping[str, str] = {
        "-": "menos",
        "−": "menos",
        "+": "más",
        "±": "más menos",
        "~": "unos",
        "≈": "unos",
        "<": "menos de",
        ">": "más de",
        "≤": "como máximo",
        "≥": "al menos",
    }
    symbols: Mapping[str, str] = {"#": "número", "&": "y", "×": "por", "=": "igual a", "→": "a", "+": "más"}
    oclock = ("horas", "hrs", "h")
    has_halves = True
    ordinal_pattern = r"(?P<n>[0-9]{1,15})\.?(?P<mark>º|ª|er)"
    months = (
        *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    )
    units: Mapping[str, str] = {
        "concentr-permillion": "P P M",
        "concentr-portion-per-1e9": "P P B",
        "temperature-celsius": "grado|grados",
        "energy-watt-hour": "vatio hora|vatios hora",
        "energy-milliwatt-hour": "milivatio hora|milivatios hora",
        "energy-megawatt-hour": "megavatio hora|megavatios hora",
        "energy-gigawatt-hour": "gigavatio hora|gigavatios hora",
        "energy-megajoule": "megajulio|megajulios",
        "power-volt-ampere": "voltiamperio|voltiamperios",
        "power-kilovolt-ampere": "kilovoltiamperio|kilovoltiamperios",
        "electric-millivolt": "milivoltio|milivoltios",
        "electric-kilovolt": "kilovoltio|kilovoltios",
        "electric-ampere-hour": "amperio hora|amperios hora",
        "electric-milliampere-hour": "miliamperio hora|miliamperios hora",
        "electric-kiloohm": "kiloohmio|kiloohmios",
        "area-square-millimeter": "milímetro cuadrado|milímetros cuadrados",
        "light-lux": "lux",
        "digital-kibibyte": "kibibyte|kibibytes",
        "digital-mebibyte": "mebibyte|mebibytes",
        "digital-gibibyte": "gibibyte|gibibytes",
        "digital-tebibyte": "tebibyte|tebibytes",
        "sound-decibel": "decibelio|decibelios",
        "sound-decibel-milliwatt": "D B M",
        "frequency-revolution-per-minute": "revolución por minuto|revoluciones por minuto",
    }
    feminine = words(
        "duration-hour length-inch length-mile length-yard speed-mile-per-hour mass-pound mass-ounce "
        "energy-kilocalorie frequency-revolution-per-minute GBP SEK NOK DKK CZK INR TRY volume-fluid-ounce "
        "pressure-inch-ofhg area-hectare"
    )
    money: Mapping[str, str] = {
        "EUR": "euro|euros|céntimo|céntimos",
        "USD": "dólar|dólares|centavo|centavos",
        "GBP": "libra|libras|penique|peniques",
        "JPY": "yen|yenes",
        "CHF": "franco|francos|céntimo|céntimos",
        "CNY": "yuan|yuanes",
        "MXN": "peso|pesos|centavo|centavos",
    }
    magnitudes = ("mil", "millones", "millón", "billones", "billón")
    magnitude_link = "de"

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.decimal_comma = self.region not in _POINT_REGIONS
        self.point = "coma" if self.decimal_comma else "punto"
        if self.region in _PESO_REGIONS:
            self.money = {**self.money, "USD": self.money["MXN"]}

    @override
    def cardinal(self, number: int, gender: str = "") -> str:
        text = _ONE_BEFORE_THOUSANDS.sub(lambda match: f"{_apocope(match)} ", super().cardinal(number))
        if gender == "f":
            text = _HUNDREDS.sub(r"\1as", text)
            return f"{text[:-1]}a" if text.endswith("uno") else text
        return _ONE_AT_END.sub(_apocope, text) if gender else text

    @override
    def ordinal(self, number: int, mark: str = "", before: str = "", noun: str = "") -> str:
        text = _TEENS.get(number) or super().ordinal(number)
        if mark in ("ª", "a"):
            return " ".join(f"{word[:-1]}a" if word.endswith("o") else word for word in text.split())
        return text[:-1] if mark == "er" and text.endswith(("primero", "tercero")) else text

    @override
    def whole_and_parts(self, whole: str, parts: Numeral, minor: str) -> str:
        return f"{whole} con {minor}"

    @override
    def date(self, day: Day, before: str) -> str:
        number = "primero" if day.day == 1 and self.region not in ("", "ES") else self.cardinal(day.day)
        year = f" de {self.year(day.year)}" if day.year is not None else ""
        return f"{number} de {self.months[day.month - 1]}{year}"

    @override
    def time(self, clock: Clock) -> str:
        text = self.cardinal(clock.hour, "f")
        if clock.minute:
            text += f" y {self.cardinal(clock.minute)}" if clock.minute < 10 else f" {self.cardinal(clock.minute)}"
        if clock.second:
            text += f" y {self.cardinal(clock.second, 'm')} segundo{'' if clock.second == 1 else 's'}"
        return f"{text} {clock.half[0].upper()} M" if clock.half else text

    @override
    def noun_gender(self, word: str, before: str = "", after: str = "") -> str:
        if not word.isalpha() or word.lower() in _NOT_NOUNS:
            return ""
        noun = word.lower()
        is_feminine = noun in _FEMININE_NOUNS or (noun.endswith(_FEMININE_ENDINGS) and noun not in _MASCULINE_NOUNS)
        return "f" if is_feminine else "m"


_NOT_NOUNS = words("y o de del en a al por para con sin es son era están está que como más menos e u ni pero")
