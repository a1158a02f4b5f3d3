"""Scripts: which one a text is written in, and in which ones a language is."""

import unicodedata
from collections import Counter
from functools import lru_cache

LATIN, HAN, KANA = "LATIN", "CJK", "KANA"
_WORDY = {HAN: 3, KANA: 2, "HANGUL": 2}
"""A character of these is so many letters' worth: much is said with few of them."""
_CYRILLIC = "ba be bg ce cv kk ky mk mn os ru sr tg tt uk"
_ARABIC = "ar ary arz ckb fa ps sd sdh ug ur"
_OTHERS = {
    HAN: "cmn hak ja wuu yue zh",
    KANA: "ja",
    "HANGUL": "ko",
    "CYRILLIC": _CYRILLIC,
    "GREEK": "el grc",
    "HEBREW": "he yi",
    "ARABIC": _ARABIC,
    "DEVANAGARI": "gom hi kok mr ne sa",
    "BENGALI": "as bn",
    "GURMUKHI": "pa",
    "GUJARATI": "gu",
    "ORIYA": "or",
    "TAMIL": "ta",
    "TELUGU": "te",
    "KANNADA": "kn",
    "MALAYALAM": "ml",
    "SINHALA": "si",
    "THAI": "th",
    "LAO": "lo",
    "TIBETAN": "dz",
    "MYANMAR": "my",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
    "ETHIOPIC": "am ti",
    "KHMER": "km",
}
"""The first words of Unicode's names of letters, and the languages that are written with them."""
_LATIN_TOO = frozenset({"ku", "sr"})


def scripts_of(tag: str) -> frozenset[str]:
    """The scripts of a BCP 47 tag's language."""
    base, _, rest = tag.lower().replace("_", "-").partition("-")
    own = frozenset(script for script, languages in _OTHERS.items() if base in languages.split())
    if not own or "latn" in rest.split("-"):
        return frozenset({LATIN})
    return own | {LATIN} if base in _LATIN_TOO else own


def script_of(text: str) -> str:
    """The script of most of its letters; empty where it has none. Japanese is KANA where there is any in it."""
    if text.isascii():
        return LATIN if any(map(str.isalpha, text)) else ""
    letters = Counter(script for script in map(_script, text) if script)
    if letters[KANA]:
        letters[KANA] += letters.pop(HAN, 0)
    weighed = {script: count * _WORDY.get(script, 1) for script, count in letters.items()}
    return max(weighed, key=lambda script: weighed[script], default="")


@lru_cache(maxsize=4096)
def _script(sign: str) -> str:
    if not sign.isalpha():
        return ""
    first = unicodedata.name(sign, "").partition(" ")[0]
    return KANA if first in ("HIRAGANA", "KATAKANA") else first
