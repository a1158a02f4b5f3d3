"""Which language a tag like `de-AT` means."""

from voxd.text.abbreviations import COMMON, Abbreviations
from voxd.text.languages import de, en, es, fr, it, nl, zh

_ABBREVIATIONS = {
    "de": de.ABBREVIATIONS,
    "en": en.ABBREVIATIONS,
    "es": es.ABBREVIATIONS,
    "fr": fr.ABBREVIATIONS,
    "it": it.ABBREVIATIONS,
    "nl": nl.ABBREVIATIONS,
    "zh": zh.ABBREVIATIONS,
}


def abbreviations_of(tag: str) -> Abbreviations:
    """The abbreviations of a language tag; common ones for a language without a table."""
    return _ABBREVIATIONS.get(tag.replace("_", "-").partition("-")[0].lower(), COMMON)
