"""Names from the Unicode locale data: the one home of Babel, which is imported on first use."""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=16)
def _locale(tag: str) -> Any:
    """Babel's locale for a language tag, the language's own for an unknown region, or None."""
    from babel import Locale, UnknownLocaleError

    for candidate in (tag, tag.partition("-")[0]):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None


def plural_form(size: Decimal, tag: str) -> str:
    """The plural category of a number in a language: one, two, few, many or other."""
    locale = _locale(tag)
    return str(locale.plural_form(size)) if locale else "other"


@lru_cache(maxsize=1024)
def unit_name(unit: str, form: str, tag: str) -> str:
    """The name of a unit (`energy-kilowatt-hour`) for a plural category; "" where CLDR gives none that is usable."""
    locale = _locale(tag)
    forms = locale._data["unit_patterns"].get(unit, {}).get("long", {}) if locale else {}  # noqa: SLF001 (as below)
    pattern = str(forms.get(form) or forms.get("other") or "").replace("\u00a0", " ")
    return pattern.removeprefix("{0}").strip() if pattern.startswith("{0}") else ""


@lru_cache(maxsize=256)
def currency_name(code: str, form: str, tag: str) -> str:
    """The name of a currency for a plural category, or its code where the locale has none."""
    locale = _locale(tag)
    forms = locale._data["currency_names_plural"].get(code, {}) if locale else {}  # noqa: SLF001 (has no public face)
    return str(forms.get(form) or forms.get("other") or (locale and locale.currencies.get(code)) or code)


@lru_cache(maxsize=256)
def long_date(day: date, tag: str) -> str:
    """A date in the locale's long form, its numbers in digits; "" for an unknown locale."""
    from babel.dates import format_date

    locale = _locale(tag)
    return str(format_date(day, "long", locale=locale)).replace("\u00a0", " ") if locale else ""


@lru_cache(maxsize=16)
def has_decimal_comma(tag: str) -> bool:
    """Whether the locale writes 3,5 rather than 3.5."""
    locale = _locale(tag)
    return bool(locale) and locale.number_symbols.get("latn", {}).get("decimal") == ","
