"""Which language a tag like `de-AT` means."""

from functools import lru_cache

from voxd.text.abbreviations import Abbreviations
from voxd.text.languages import de, en, es, fr, it, nl, zh
from voxd.text.languages.language import Language
from voxd.text.languages.other import OtherLanguage

_LANGUAGES: dict[str, type[Language]] = {
    "de": de.German,
    "en": en.English,
    "es": es.Spanish,
    "fr": fr.French,
    "it": it.Italian,
    "nl": nl.Dutch,
    "zh": zh.Chinese,
    "cmn": zh.Chinese,
}


@lru_cache(maxsize=64)
def language_for(tag: str) -> Language:
    """The language of a tag; one that leaves numerals to the engine where there is no table for it."""
    tag = tag.replace("_", "-")
    return _LANGUAGES.get(_primary(tag), OtherLanguage)(tag)


def abbreviations_of(tag: str) -> Abbreviations:
    """The abbreviations of a language tag; common ones for a language without a table."""
    return _LANGUAGES.get(_primary(tag.replace("_", "-")), OtherLanguage).abbreviations


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()
