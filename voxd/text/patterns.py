"""The regular expression that finds everything in a text that is not said as it is written."""

import re
from collections.abc import Iterable

from voxd.text import currencies, units
from voxd.text.languages.language import Language

_L = "A-Za-zÀ-ɏ"
_LEFT = rf"(?<![{_L}0-9_])"
_NUMBER = (
    r"(?:[0-9]{1,3}(?:[.,'’\u00a0GROUP][0-9]{3}| 000)++(?:[.,][0-9]{1,9})?(?![0-9])(?![.,][0-9])"
    r"|[0-9]++(?:[.,][0-9]{1,15}(?![0-9])(?![.,][0-9]))?)"
)
_SIGN = rf"(?:(?<![{_L}0-9_)%°.])[-−+]|[~≈<>≤≥±][ \u00a0]?)"
_CLOCK = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?"
_HALF = r"(?P<half>[aApP](?:[mM]|\.[ \u00a0]?[mM]\.?))"

_PARTICLES = rf"{_LEFT}PM[ \u00a0]?(?P<number>2[.,]5)(?![{_L}0-9_]|[.,][0-9])"
_LASTING = (
    rf"{_LEFT}(?P<first>[0-9]{{1,4}})(?:h[ \u00a0]?(?P<minutes>[0-9]{{1,2}})m|m[ \u00a0]?(?P<seconds>[0-9]{{1,2}})s)"
    rf"(?![{_L}0-9_²³/])"
)
_VERBATIM = {
    "email": r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}",
    "height": rf"{_LEFT}[0-9]{{1,2}}['′’][0-9]{{1,2}}(?:[\"″”]|(?![0-9]))",
    "years": rf"{_LEFT}[12][0-9]{{2}}0s(?![{_L}])",
    "hardware": r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])",
    "address": rf"{_LEFT}(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}(?:[:/][0-9]{{1,5}})?(?!\.?[0-9])",
    "version": (
        rf"(?<![{_L}0-9_.])(?![0-9]{{1,3}}(?:\.[0-9]{{3}})++(?![.0-9]))"
        rf"[vV]?[0-9]++(?:\.[0-9]++){{2,}}+(?:[-+.]?[0-9A-Za-z]++)*+"
    ),
}
_GLUED = {
    "colons": (
        r"(?<![0-9A-Za-z:])(?:(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6}"
        r"|(?:[0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f]{1,4})(?![0-9A-Za-z:])"
    ),
    "ratio": rf"{_LEFT}(?P<number>[0-9]{{1,4}}):(?P<last>[0-9]{{1,4}})(?![0-9:])",
    "name": rf"(?<![{_L}0-9_])[{_L}_]++[-]?[0-9](?:[.-]?[{_L}0-9_]++)*+",
    "fraction": rf"{_LEFT}[0-9]++(?:/[0-9]++)++",
    "thing": rf"{_LEFT}[0-9](?:[.,]?[0-9]++){{0,20}}+[{_L}_](?:-?[{_L}0-9_]++)*+",
}
_DATES = {
    "moment": (
        r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
        r"(?:[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
        r"(?![0-9-])"
    ),
    "big_first": r"(?P<year>[0-9]{4})/(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})(?![0-9/])",
    "dotted": (
        r"(?P<day>[0-9]{1,2})\.[ \u00a0]?(?P<month>[0-9]{1,2})\."
        r"(?:[ \u00a0]?(?P<year>[0-9]{4}|(?<=\.)[0-9]{2}))?(?![.:]?[0-9])"
    ),
    "either_first": r"(?P<a>[0-9]{1,2})(?P<mark>[/-])(?P<b>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4}|[0-9]{2})(?![0-9/-])",
}
_ORDINAL_SPAN = rf"{_LEFT}(?P<n>[0-9]{{1,2}})\.[ \u00a0]?[–-][ \u00a0]?(?P<last>[0-9]{{1,2}})\.(?=[ \u00a0])"
_PHONE = (
    r"(?:\+[0-9]{1,3}[ \u00a0/-]\(?[0-9]{2,5}\)?(?:[ \u00a0/-]?[0-9]{2,8}){1,5}|\+[0-9]{10,14}(?![.,]?[0-9])"
    r"|0[0-9](?:[ .\u00a0][0-9]{2}){4}|0[0-9]{1,5}[ \u00a0/-][0-9]{3,9}(?:[ -][0-9]{2,8}){0,3}"
    r"|\(?[0-9]{3}\)?[ .-][0-9]{3}[.-][0-9]{4})(?![0-9])"
)


def named_sources(language: Language) -> dict[str, str]:
    """For each kind of thing its expression, in the order in which they are tried."""
    number = _NUMBER.replace("GROUP", " " if language.blank_groups else "")
    sign = rf"(?P<sign>{_SIGN})?"
    magnitude = rf"(?:[ \u00a0](?P<magnitude>{'|'.join(language.magnitudes)}))?" if language.magnitudes else ""
    letters = rf"(?P<letter>{'|'.join(language.magnitude_letters)})(?![{_L}])|" if language.magnitude_letters else ""
    per = r"(?:/(?P<per>kWh|MWh|Wh|km|m²|m³|l|L|h|kg|min|d))?"
    no_half = rf"|[ \u00a0]?{_HALF}(?![{_L}])" if language.has_halves else ""
    dashes = r"(?:,[-–—]{1,2}(?![0-9]))?"
    unit = rf"(?P<gap>[ \u00a0]?)(?P<unit>{units.PATTERN})"
    money = rf"(?P<currency>{currencies.AFTER})"
    return {
        "link": r"(?:(?:https?|ftp|rtsp|mqtts?|wss?|file)://|www\.)(?P<rest>[^\s<>\"'`，。；！？、）】」]++)",
        **{kind: source for kind, source in _VERBATIM.items() if kind != "version"},
        **_dotted_clock(language),
        **{kind: _LEFT + source for kind, source in _DATES.items()},
        "version": _VERBATIM["version"],
        "phone": rf"{_LEFT}{_PHONE}",
        **_clock_sources(language),
        **_date_sources(language),
        "price": rf"{sign}(?<![{_L}])(?P<currency>{currencies.BEFORE})[ \u00a0]?(?P<number>{number})"
        rf"(?:{letters}(?:[–-](?P<last>{number}))?(?![{_L}]|[.,][0-9]){dashes}{magnitude}{per})",
        "cost": rf"{_LEFT}{sign}(?P<number>{number}){dashes}{magnitude}"
        rf"[ \u00a0]?(?:{money}|(?P<cents>cts?|Ct)(?![{_L}])){per}",
        "range": rf"{_LEFT}{sign}(?P<number>{number})(?P<dash>[ \u00a0]?[–—~～〜-][ \u00a0]?)(?P<last>{number})"
        rf"(?:{unit}|[ \u00a0]?{money})?(?![-–0-9{_L}]{no_half})",
        **({"ordinal_span": _ORDINAL_SPAN} if language.abbreviations.ordinal_openers else {}),
        **({"ordinal": rf"{_LEFT}{language.ordinal_pattern}(?![{_L}0-9])"} if language.ordinal_pattern else {}),
        "particles": _PARTICLES,
        "measure": rf"{_LEFT}{sign}(?P<number>{number}){unit}",
        **_GLUED,
        "operation": r"(?<=[0-9])(?:[x×*+=]|[ \u00a0][x×*+=][ \u00a0])(?=[0-9])",
        "hash": rf"(?<![{_L}0-9])(?:#|[nN][°º] ?)(?=[0-9])",
        "per_hundred": r"/(?=100[ \u00a0]?km)",
        "per": rf"(?<=[^\W\d_])/(?P<per>kWh|MWh|m²|m³)(?![{_L}0-9])",
        "plain": rf"{_LEFT}{sign}(?P<number>{number})(?=[ \u00a0]?(?P<noun>[^\W\d_]{{0,20}}))",
        "lone_unit": rf"(?<![{_L}0-9])(?P<unit>{units.LONE_PATTERN})",
        "lone_money": r"(?P<currency>[€£])",
        "symbol": r"(?<=\s)(?P<symbol>[&×=→+])(?=\s)",
    }


def _clock_sources(language: Language) -> dict[str, str]:
    words = _alternatives(language.oclock)
    suffix = rf"(?:[ \u00a0]?(?:{_alternatives((*language.oclock, 'h'))})(?![{_L}]))?"
    half = rf"(?:[ \u00a0]?{_HALF}(?![{_L}]))" if language.has_halves else ""
    sources = {
        "lasting": _LASTING,
        "until": _until(language),
        "clock": rf"{_LEFT}{_CLOCK}(?![0-9:]){half + '?' if half else ''}{suffix}",
    }
    if language.hour_marks:
        sources["h_clock"] = (
            rf"{_LEFT}(?P<hour>[0-9]{{1,2}})[ \u00a0]?[{language.hour_marks}][ \u00a0]?(?P<minute>[0-9]{{2}})"
            rf"(?![0-9{_L}]|[ \u00a0]?m)"
        )
    if half:
        sources["half_clock"] = rf"{_LEFT}(?P<hour>[0-9]{{1,2}}){half}"
    if language.says_numerals and words and language.code in ("en", "de", "nl"):
        sources["full_clock"] = (
            rf"{_LEFT}(?P<hour>[0-9]{{1,2}})(?:\.(?P<minute>[0-9]{{2}}))?(?P<word>[ \u00a0]?(?:{words}))(?![{_L}])"
        )
    return sources


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, words))


def _until(language: Language) -> str:
    """A dash between two times, or between two quantities that the range does not know."""
    first, last = "(?<=[0-9])", "[0-9]{1,2}:[0-9]{2}"
    if language.hour_marks:
        first += f"|(?<=[0-9][{language.hour_marks}])"
        last += rf"|[0-9]{{1,2}}[ \u00a0]?[{language.hour_marks}](?![{_L}])"
    if language.has_halves:
        first += "|(?<=[0-9][aApP][mM])|(?<=[0-9] [aApP][mM])"
        last += rf"|[0-9]{{1,2}}[ \u00a0]?{_HALF}"
    return rf"(?:(?:{first})[ \u00a0]?[–-][ \u00a0]?(?={last})|(?<=[0-9][°%])[–-](?=[0-9]))"


def _dotted_clock(language: Language) -> dict[str, str]:
    """18.30 where the word before tells that it is a time."""
    if not language.clock_openers:
        return {}
    openers = "|".join(rf"(?<=\b{word}[ \u00a0])" for word in language.clock_openers)
    return {
        "dotted_clock": rf"(?i:{openers})(?P<hour>[0-9]{{1,2}})\.(?P<minute>[0-5][0-9])(?![.,]?[0-9]|[ \u00a0]?[°%€])"
        rf"(?:[ \u00a0]?(?:{_alternatives(language.oclock)})(?![{_L}]))?"
    }


def _date_sources(language: Language) -> dict[str, str]:
    """Dates with the month's name: English says the number beside it as an ordinal, German may shorten the name."""
    if language.code == "de":
        return {"month": rf"(?<=[0-9]\.[ \u00a0])(?P<name>{_short(language)}|Sept)\.?(?![{_L}])"}
    if language.code != "en":
        return {"cjk_year": r"(?<![0-9])(?P<year>[0-9]{4})年"}
    names = rf"(?:{'|'.join(language.months)}|Sept|(?:{_short(language)})\.?)(?![{_L}])"
    return {
        "decade": rf"(?<=\b[tT]he )['’]?(?P<tens>[2-9]0)s(?![{_L}])",
        "month_day": rf"(?<![{_L}])(?P<name>{names}) (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?"
        r"(?:,? (?P<year>[0-9]{4}))?(?![0-9:.,]?[0-9])(?!%)",
        "day_month": rf"{_LEFT}(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)? (?P<name>{names})"
        rf"(?:,? (?P<year>[0-9]{{4}}))?(?![0-9{_L}])",
    }


def _short(language: Language) -> str:
    return "|".join(month[:3] for month in language.months)


def master(sources: dict[str, str]) -> re.Pattern[str]:
    """One expression that names the kind of what it found; the groups of the kinds themselves are dropped."""
    return re.compile("|".join(f"(?P<{kind}>{_without_names(source)})" for kind, source in sources.items()))


def _without_names(source: str) -> str:
    source = source.replace(r"(?P=mark)", "[/-]")
    return re.sub(r"\(\?P<\w+>", "(?:", source)
