"""French. Where CLDR says "bars" for one bar, and for what num2words has no feminine of, corrections stand here."""

from collections.abc import Mapping

from typing_extensions import override

from voxd.text.abbreviations import Abbreviations, words
from voxd.text.calendar import Clock, Day
from voxd.text.languages.language import Language
from voxd.text.numerals import Numeral

ABBREVIATIONS = Abbreviations(
    opening=words("m mm mme mmes mlle mlles dr pr me mgr st ste env cf p.ex c.-à-d c.à.d ex vs réf resp boul av"),
    numbering=words("no nos n° art chap fig p pp vol tel tél janv févr avr juil sept oct nov déc"),
    closing=words("etc a.m p.m cie inc ltd apr av.j.-c j.-c"),
)
_FEMININE_NOUNS = words(
    "heure heures minute minutes seconde secondes porte portes fenêtre fenêtres lampe lampes lumière lumières fois "
    "semaine semaines année années personne personnes journée journées alerte alertes notification notifications "
    "prise prises pièce pièces tâche tâches caméra caméras machine machines bouteille bouteilles page pages"
)


class French(Language):
    """French, with septante and nonante for Belgium and Switzerland."""

    code = numerals = "fr"
    abbreviations = ABBREVIATIONS
    decimal_comma = True
    blank_groups = True
    spoken_fraction = True
    point = "virgule"
    to = "à"
    first_day_is_ordinal = True
    ratio = "à"
    code_opener = r"\b(?:code|pin|passe)\b"
    call_opener = r"\b(?:appel\w*|compos\w*|urgences?)(?: le)?"
    between = words("entre")
    hour_marks = "hH"
    per = "par"
    signs: Mapping[str, str] = {
        "-": "moins",
        "−": "moins",
        "+": "plus",
        "±": "plus ou moins",
        "~": "environ",
        "≈": "environ",
        "<": "moins de",
        ">": "plus de",
        "≤": "au plus",
        "≥": "au moins",
    }
    symbols: Mapping[str, str] = {"#": "numéro", "&": "et", "×": "fois", "=": "égale", "→": "vers", "+": "plus"}
    oclock = ("heures", "heure", "h")
    ordinal_pattern = r"(?P<n>[0-9]{1,15})(?P<mark>ers?|ères?|eres?|res?|ndes?|nds?|[èe]mes?|es?)"
    months = (
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    )
    units: Mapping[str, str] = {
        "concentr-permillion": "P P M",
        "concentr-portion-per-1e9": "P P B",
        "energy-kilowatt-hour": "kilowattheure|kilowattheures",
        "energy-watt-hour": "wattheure|wattheures",
        "energy-milliwatt-hour": "milliwattheure|milliwattheures",
        "energy-megawatt-hour": "mégawattheure|mégawattheures",
        "energy-gigawatt-hour": "gigawattheure|gigawattheures",
        "energy-megajoule": "mégajoule|mégajoules",
        "power-volt-ampere": "voltampère|voltampères",
        "power-kilovolt-ampere": "kilovoltampère|kilovoltampères",
        "electric-millivolt": "millivolt|millivolts",
        "electric-kilovolt": "kilovolt|kilovolts",
        "electric-ampere-hour": "ampère-heure|ampères-heures",
        "electric-milliampere-hour": "milliampère-heure|milliampères-heures",
        "electric-kiloohm": "kiloohm|kiloohms",
        "pressure-bar": "bar|bars",
        "area-square-millimeter": "millimètre carré|millimètres carrés",
        "digital-kibibyte": "kibioctet|kibioctets",
        "digital-mebibyte": "mébioctet|mébioctets",
        "digital-gibibyte": "gibioctet|gibioctets",
        "digital-tebibyte": "tébioctet|tébioctets",
        "sound-decibel": "décibel|décibels",
        "sound-decibel-milliwatt": "D B M",
        "frequency-revolution-per-minute": "tour par minute|tours par minute",
        "speed-mile-per-hour": "mile à l'heure|miles à l'heure",
    }
    feminine = words(
        "duration-second duration-minute duration-hour duration-millisecond mass-pound mass-ounce energy-kilocalorie "
        "GBP SEK NOK DKK CZK INR TRY volume-fluid-ounce"
    )
    money: Mapping[str, str] = {
        "EUR": "euro|euros|centime|centimes",
        "USD": "dollar|dollars|cent|cents",
        "GBP": "livre|livres|penny|pence",
        "JPY": "yen|yens",
        "CHF": "franc|francs|centime|centimes",
        "CNY": "yuan|yuans",
    }
    magnitudes = ("mille", "millions", "million", "milliards", "milliard")
    magnitude_link = "de"
    excluded_units = words("mi ha Min Std Sek")

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.numerals = {"BE": "fr_BE", "CH": "fr_CH"}.get(self.region, "fr")

    @override
    def cardinal(self, number: int, gender: str = "") -> str:
        text = super().cardinal(number, gender)
        return f"{text}e" if gender == "f" and (text == "un" or text.endswith((" un", "-un"))) else text

    @override
    def ordinal(self, number: int, mark: str = "", before: str = "", noun: str = "") -> str:
        if number == 1:
            return "première" if mark in ("re", "ère", "ere") else "premier"
        if mark in ("nd", "nde"):
            return "second" + mark[2:]
        return super().ordinal(number)

    @override
    def is_one(self, numeral: Numeral) -> bool:
        """French takes the plural from two on."""
        return numeral.size < 2

    @override
    def of(self, name: str) -> str:
        return f"d'{name}" if name[0] in "aeiouéh" else f"de {name}"

    @override
    def date(self, day: Day, before: str) -> str:
        number = "premier" if day.day == 1 else self.cardinal(day.day)
        year = f" {self.year(day.year)}" if day.year is not None else ""
        return f"{number} {self.months[day.month - 1]}{year}"

    @override
    def time(self, clock: Clock) -> str:
        text = f"{self.cardinal(clock.hour, 'f')} heure{'s' if clock.hour > 1 else ''}"
        if clock.minute or clock.second:
            text += f" {self.cardinal(clock.minute, 'f')}"
        if clock.second:
            text += f" et {self.cardinal(clock.second, 'f')} seconde{'s' if clock.second > 1 else ''}"
        return text

    @override
    def noun_gender(self, word: str, before: str = "", after: str = "") -> str:
        return "f" if word.lower() in _FEMININE_NOUNS or word.endswith(("tion", "tions", "sion", "sions")) else "m"
