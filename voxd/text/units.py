"""Symbols of units as people and sensors write them, and the CLDR names they stand for."""

import re
from dataclasses import dataclass

SYMBOLS = {
    "%": "concentr-percent",
    "‰": "concentr-permille",
    "ppm": "concentr-permillion",
    "ppb": "concentr-portion-per-1e9",
    "°C": "temperature-celsius",
    "°F": "temperature-fahrenheit",
    "℃": "temperature-celsius",
    "℉": "temperature-fahrenheit",
    "° C": "temperature-celsius",
    "° F": "temperature-fahrenheit",
    "ºC": "temperature-celsius",
    "°": "angle-degree",
    "K": "temperature-kelvin",
    "mWh": "energy-milliwatt-hour",
    "Wh": "energy-watt-hour",
    "kWh": "energy-kilowatt-hour",
    "KWh": "energy-kilowatt-hour",
    "kwh": "energy-kilowatt-hour",
    "MWh": "energy-megawatt-hour",
    "GWh": "energy-gigawatt-hour",
    "J": "energy-joule",
    "kJ": "energy-kilojoule",
    "MJ": "energy-megajoule",
    "kcal": "energy-kilocalorie",
    "W": "power-watt",
    "kW": "power-kilowatt",
    "KW": "power-kilowatt",
    "MW": "power-megawatt",
    "mW": "power-milliwatt",
    "GW": "power-gigawatt",
    "VA": "power-volt-ampere",
    "kVA": "power-kilovolt-ampere",
    "V": "electric-volt",
    "mV": "electric-millivolt",
    "kV": "electric-kilovolt",
    "A": "electric-ampere",
    "mA": "electric-milliampere",
    "Ah": "electric-ampere-hour",
    "mAh": "electric-milliampere-hour",
    "Ω": "electric-ohm",
    "kΩ": "electric-kiloohm",
    "Hz": "frequency-hertz",
    "kHz": "frequency-kilohertz",
    "MHz": "frequency-megahertz",
    "GHz": "frequency-gigahertz",
    "Pa": "pressure-pascal",
    "hPa": "pressure-hectopascal",
    "kPa": "pressure-kilopascal",
    "mbar": "pressure-millibar",
    "bar": "pressure-bar",
    "psi": "pressure-pound-force-per-square-inch",
    "inHg": "pressure-inch-ofhg",
    "mmHg": "pressure-millimeter-ofhg",
    "mm": "length-millimeter",
    "cm": "length-centimeter",
    "dm": "length-decimeter",
    "m": "length-meter",
    "km": "length-kilometer",
    "µm": "length-micrometer",
    "ft": "length-foot",
    "yd": "length-yard",
    "mi": "length-mile",
    "mm²": "area-square-millimeter",
    "cm²": "area-square-centimeter",
    "m²": "area-square-meter",
    "m2": "area-square-meter",
    "qm": "area-square-meter",
    "km²": "area-square-kilometer",
    "ha": "area-hectare",
    "ft²": "area-square-foot",
    "sq ft": "area-square-foot",
    "cm³": "volume-cubic-centimeter",
    "m³": "volume-cubic-meter",
    "m3": "volume-cubic-meter",
    "ft³": "volume-cubic-foot",
    "l": "volume-liter",
    "L": "volume-liter",
    "ml": "volume-milliliter",
    "mL": "volume-milliliter",
    "cl": "volume-centiliter",
    "dl": "volume-deciliter",
    "gal": "volume-gallon",
    "fl oz": "volume-fluid-ounce",
    "km/h": "speed-kilometer-per-hour",
    "kmh": "speed-kilometer-per-hour",
    "kph": "speed-kilometer-per-hour",
    "km/u": "speed-kilometer-per-hour",
    "m/s": "speed-meter-per-second",
    "mph": "speed-mile-per-hour",
    "kn": "speed-knot",
    "kt": "speed-knot",
    "kg": "mass-kilogram",
    "g": "mass-gram",
    "mg": "mass-milligram",
    "µg": "mass-microgram",
    "lb": "mass-pound",
    "lbs": "mass-pound",
    "oz": "mass-ounce",
    "lx": "light-lux",
    "lm": "light-lumen",
    "bit": "digital-bit",
    "kbit": "digital-kilobit",
    "Mbit": "digital-megabit",
    "Gbit": "digital-gigabit",
    "kB": "digital-kilobyte",
    "KB": "digital-kilobyte",
    "MB": "digital-megabyte",
    "GB": "digital-gigabyte",
    "TB": "digital-terabyte",
    "KiB": "digital-kibibyte",
    "MiB": "digital-mebibyte",
    "GiB": "digital-gibibyte",
    "TiB": "digital-tebibyte",
    "ms": "duration-millisecond",
    "s": "duration-second",
    "sec": "duration-second",
    "secs": "duration-second",
    "Sek": "duration-second",
    "min": "duration-minute",
    "mins": "duration-minute",
    "Min": "duration-minute",
    "mn": "duration-minute",
    "h": "duration-hour",
    "hr": "duration-hour",
    "hrs": "duration-hour",
    "Std": "duration-hour",
    "d": "duration-day",
    "dB": "sound-decibel",
    "dBA": "sound-decibel",
    "dBm": "sound-decibel-milliwatt",
    "rpm": "frequency-revolution-per-minute",
    "Mio": "number-million",
    "Mrd": "number-billion",
}
"""Symbols that CLDR has names for, and some that it has not: those are named by each language or left as written."""

COMPOSED = {"kbps": ("kbit", "s"), "Mbps": ("Mbit", "s"), "Gbps": ("Gbit", "s"), "kbit/s": ("kbit", "s")}
"""Symbols for one unit per another that are not written with a stroke, or not only."""

GLUED_ONLY_AFTER_BLANK = frozenset("KdA")
"""Symbols too ambiguous right behind a number: 4K is a picture, 5d and 3A are names."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit by its CLDR name, and the one it is counted per, if any (`µg/m³`)."""

    name: str
    per: str = ""


def read(symbol: str) -> Unit | None:
    """The unit that a symbol means, or None."""
    symbol = symbol.replace("μ", "µ").rstrip(".")
    if symbol in SYMBOLS:
        return Unit(SYMBOLS[symbol])
    first, _, second = symbol.partition("/")
    first, second = COMPOSED.get(symbol, (first, second))
    if first in SYMBOLS and second in SYMBOLS:
        return Unit(SYMBOLS[first], SYMBOLS[second])
    return None


def _alternatives(symbols: set[str]) -> str:
    return "|".join(re.escape(symbol) for symbol in sorted(symbols, key=lambda symbol: (-len(symbol), symbol)))


_ALL = {*SYMBOLS, *COMPOSED, *(symbol.replace("µ", "μ") for symbol in SYMBOLS)}
_PER = {"h", "s", "min", "m", "m²", "m³", "km", "kWh", "Wh", "MWh", "l", "L", "kg", "d", "m2", "m3", "ft²", "km²", "dl"}
_STOPPED = r"(?:Mio|Mrd)\.|(?:Sek|Std|Min|min|sec|hr)\.(?= [a-zß-ɏ0-9])"
"""Symbols with a full stop that does not end the sentence."""
PATTERN = rf"(?:{_STOPPED}|(?:{_alternatives(_ALL)})(?:/(?:{_alternatives(_PER)}))?)(?![A-Za-zÀ-ɏ0-9µ²³°'’]|/(?!100))"
"""A regular expression for a unit's symbol, bounded on its right side only."""

LONE_PATTERN = r"(?:°C|°F|%|℃|℉|kWh|MWh|kW|km/h|m²|m³|hPa|ppm|W/m²|µg/m³)(?![A-Za-zÀ-ɏ0-9²³°/%])"
"""Symbols plain enough to be a unit without a number before it."""
