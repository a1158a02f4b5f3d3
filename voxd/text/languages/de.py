"""German."""

import re
from collections.abc import Mapping

from typing_extensions import override

from voxd.text import spelling
from voxd.text.abbreviations import Abbreviations, words
from voxd.text.calendar import Clock, Day
from voxd.text.languages.language import Language
from voxd.text.numerals import Numeral

MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)
_EN_OPENERS = words(
    "dem den des am im zum zur vom beim einem einen einer jeden jedem dieser diesen diesem ab bis seit nach vor"
)
_E_OPENERS = words("der die das diese jede")
_ER_OPENERS = words("ein mein dein sein ihr unser jeder")
ABBREVIATIONS = Abbreviations(
    opening=words(
        "dr prof hr frl ing dipl st hl bzw bzgl ca evtl ggf inkl exkl zzgl vgl sog gem lt max min mind "
        "z.b z.t d.h u.a u.ä i.d.r v.a s.o s.u o.ä m.e d.i sen jun geb gest vs allg insb zb mio mrd"
    ),
    numbering=words("nr abs art abb bd kap s tel jan feb mär apr aug sept okt nov dez mo di mi do sa so ziff std sek"),
    closing=words("usw etc u.s.w usf str jh jhd uhr tsd a.m p.m co inc n.chr v.chr chr"),
    ordinal_openers=(_EN_OPENERS | _E_OPENERS | _ER_OPENERS | words("eine jedes dieses"))
    - words("bis ab seit nach vor"),
    ordinal_nouns=words(
        "jan feb mär apr jun jul aug sep sept okt nov dez advent weihnachtstag weihnachtsfeiertag feiertag geburtstag "
        "stock etage og obergeschoss platz klasse quartal halbzeit jahrhundert"
    )
    | words(" ".join(MONTHS).lower()),
    house_nouns=words(
        "tür fenster lampe licht sensor alarm kamera tor batterie erinnerung versuch termin anruf warnung"
    ),
    predicates=words("ist sind wird wurde war bleibt steht hat"),
)
_FEMININE_ENDINGS = (
    *("minute", "stunde", "sekunde", "woche", "tür", "lampe", "person", "million", "milliarde", "nachricht", "mail"),
    *("flasche", "tasse", "dose", "maschine", "batterie", "aufgabe", "seite", "etage", "treppe", "scheibe", "kamera"),
    *("klasse", "halbzeit", "pumpe", "garage", "sirene", "küche"),
    *("ung", "heit", "keit", "schaft", "tion", "tät"),
)
_NEUTER_ENDINGS = tuple(
    words("fenster licht tor gerät zimmer rollo og obergeschoss quartal jahrhundert mal bad haus update")
)
_WEEKDAYS = words("mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonntag")
_DATIVE_OPENERS = words("seit vor mit nach bei von in aus zu ab binnen")
_BEFORE_QUANTITIES = _DATIVE_OPENERS | words("noch nur genau etwa für um heute dazu")
_ADJECTIVE = re.compile(r" [a-zäöüß]{3,}e(?P<ending>[rs]?) [A-ZÄÖÜ]")
_LONE_ONE = re.compile(r"eine?(?= |$)")


class German(Language):
    """German. A lone 1 agrees with its noun as far as the noun is known: ein Fenster, eine Tür."""

    code = numerals = "de"
    abbreviations = ABBREVIATIONS
    decimal_comma = True
    point = "Komma"
    to = "bis"
    ratio = "zu"
    code_opener = r"\b(?:code|pin|kennwort|passwort)\b"
    call_opener = r"\b(?:notruf|(?:an)?ruf\w*|wähl\w*)(?: die)?"
    between = words("zwischen")
    countdown = r" (?:Stunden?|Minuten?|übrig|verbleibend)\b"
    per = "pro"
    signs: Mapping[str, str] = {
        "-": "minus",
        "−": "minus",
        "+": "plus",
        "±": "plus minus",
        "~": "ungefähr",
        "≈": "ungefähr",
        "<": "weniger als",
        ">": "mehr als",
        "≤": "höchstens",
        "≥": "mindestens",
    }
    symbols: Mapping[str, str] = {"#": "Nummer", "&": "und", "×": "mal", "=": "gleich", "→": "nach", "+": "plus"}
    oclock = ("Uhr",)
    ordinal_pattern = r"(?P<n>[0-9]{1,4})(?P<mark>\.)(?=[ \u00a0])"
    date_openers = ABBREVIATIONS.ordinal_openers | _EN_OPENERS | _WEEKDAYS
    months = MONTHS
    units: Mapping[str, str] = {
        "concentr-permillion": "P P M",
        "concentr-portion-per-1e9": "P P B",
        "energy-watt-hour": "Wattstunde|Wattstunden",
        "energy-milliwatt-hour": "Milliwattstunde|Milliwattstunden",
        "energy-megawatt-hour": "Megawattstunde|Megawattstunden",
        "energy-gigawatt-hour": "Gigawattstunde|Gigawattstunden",
        "energy-megajoule": "Megajoule",
        "power-volt-ampere": "Voltampere",
        "power-kilovolt-ampere": "Kilovoltampere",
        "electric-millivolt": "Millivolt",
        "electric-kilovolt": "Kilovolt",
        "electric-ampere-hour": "Amperestunde|Amperestunden",
        "electric-milliampere-hour": "Milliamperestunde|Milliamperestunden",
        "electric-kiloohm": "Kiloohm",
        "area-square-millimeter": "Quadratmillimeter",
        "digital-kibibyte": "Kibibyte",
        "digital-mebibyte": "Mebibyte",
        "digital-gibibyte": "Gibibyte",
        "digital-tebibyte": "Tebibyte",
        "sound-decibel": "Dezibel",
        "sound-decibel-milliwatt": "D B M",
        "frequency-revolution-per-minute": "Umdrehung pro Minute|Umdrehungen pro Minute",
        "digital-bit": "Bit",
        "number-million": "Million|Millionen",
        "number-billion": "Milliarde|Milliarden",
    }
    feminine = frozenset(f"energy-{prefix}watt-hour" for prefix in ("", "milli", "kilo", "mega", "giga")) | words(
        "duration-second duration-minute duration-hour duration-millisecond length-mile speed-mile-per-hour "
        "mass-ounce volume-gallon energy-kilocalorie electric-ampere-hour electric-milliampere-hour "
        "frequency-revolution-per-minute number-million number-billion INR SEK NOK DKK CZK TRY"
    )
    money: Mapping[str, str] = {
        "EUR": "Euro|Euro|Cent|Cent",
        "USD": "Dollar|Dollar|Cent|Cent",
        "GBP": "Pfund|Pfund|Penny|Pence",
        "JPY": "Yen|Yen",
        "CHF": "Franken|Franken|Rappen|Rappen",
        "CNY": "Yuan|Yuan",
    }
    excluded_units = words("mi ha mn")
    magnitudes = ("Tausend", "tausend", "Millionen", "Million", "Milliarden", "Milliarde")
    year_openers = words("jahr jahre jahres seit von bis anno sommer winter herbst frühling frühjahr") | words(
        " ".join(MONTHS).lower()
    )

    @override
    def cardinal(self, number: int, gender: str = "") -> str:
        if number == 1 and gender:
            return "eine" if gender == "f" else "ein"
        return super().cardinal(number, gender)

    @override
    def ordinal(self, number: int, mark: str = "", before: str = "", noun: str = "") -> str:
        stem = super().ordinal(number)
        opener = _opener(before)
        if opener in _EN_OPENERS:
            return f"{stem}n"
        if opener in _E_OPENERS | words("eine dieses jedes"):
            return stem
        return stem + {"f": "", "n": "s"}.get(_gender(noun), "r")

    @override
    def year(self, number: int) -> str:
        return spelling.year(number, "de") if 1100 <= number <= 1999 else self.cardinal(number)

    @override
    def date(self, day: Day, before: str) -> str:
        text = f"{self.ordinal(day.day, before=before)} {self.months[day.month - 1]}"
        return f"{text} {self.year(day.year)}" if day.year is not None else text

    @override
    def time(self, clock: Clock) -> str:
        text = f"{self.cardinal(clock.hour, 'm')} Uhr"
        if clock.minute or clock.second:
            text += f" {self.cardinal(clock.minute)}"
        if clock.second:
            text += f" und {self.cardinal(clock.second, 'f')} Sekunde{'' if clock.second == 1 else 'n'}"
        return text

    @override
    def noun_gender(self, word: str, before: str = "", after: str = "") -> str:
        if word[:1].isupper():
            return _gender(word)
        adjective = _ADJECTIVE.match(after)
        if not adjective or _ends_in_name(before):
            return ""
        return "m" if adjective["ending"] else "f"

    @override
    def inflected(self, text: str, before: str) -> str:
        one = _LONE_ONE.match(text) if _opener(before) in _DATIVE_OPENERS else None
        if not one:
            return text
        return ("einer" if one[0] == "eine" else "einem") + text[one.end() :]

    @override
    def whole_and_parts(self, whole: str, parts: Numeral, minor: str) -> str:
        return f"{whole} {self.number(parts)}" if parts.size != 1 else f"{whole} und {minor}"


def _opener(before: str) -> str:
    """The word that decides on the form of what follows: before a date that is the one left of the weekday."""
    earlier, last = ["", "", *before.lower().split()][-2:]
    return earlier if last.rstrip(".,") in _WEEKDAYS else last


def _gender(noun: str) -> str:
    noun = noun.lower()
    return "f" if noun.endswith(_FEMININE_ENDINGS) else "n" if noun.endswith(_NEUTER_ENDINGS) else "m"


def _ends_in_name(before: str) -> bool:
    """Whether a number behind it counts nothing but names something, like Sensor 1."""
    last = (before.split() or [""])[-1]
    return last[:1].isupper() and last[-1].isalnum() and last.lower() not in _BEFORE_QUANTITIES
