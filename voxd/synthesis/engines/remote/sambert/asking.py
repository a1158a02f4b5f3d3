"""The requests for a sentence: one for each of its parts."""

import re
from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from voxd.errors import BadRequestError
from voxd.lib.text_parts import parts_that_fit
from voxd.settings.engines import SambertSettings, Scalar
from voxd.synthesis.engine import Sentence

Request = Mapping[str, Scalar]
_UNSPOKEN = re.compile("[\0-\x1f\x7f-\x9f\ufffe\uffff]")
"""What XML has no place for, and nobody says."""
_TAGS = str.maketrans("<>", "  ")
"""Sambert takes what begins with <speak> for SSML: only the owner decides on that."""
_SHOWN_CHARS = 64


def requests(sentence: Sentence, settings: SambertSettings) -> Iterator[Request]:
    """What is posted, part by part. Raises BadRequestError for a style that is not in the settings."""
    style = sentence.voice.style
    if style and style not in settings.styles:
        raise BadRequestError(f'it has no style "{style[:_SHOWN_CHARS]}" (styles)')
    plain = _UNSPOKEN.sub(" ", sentence.text.encode("utf-8", "replace").decode())  # halves of pairs are no letters
    for part in parts_that_fit(plain, lambda part: len(part) <= settings.text_max_chars):
        if part.strip():
            yield {**_fields(part.strip(), sentence, settings), **settings.extra}


def _fields(text: str, sentence: Sentence, settings: SambertSettings) -> dict[str, Scalar]:
    fields, voice, style = settings.fields, sentence.voice.speaker, sentence.voice.style
    asked: dict[str, Scalar] = {}
    if settings.ssml:
        asked[fields.text] = _ssml(text, voice, style, settings.intensity)
    else:
        asked[fields.text] = text.translate(_TAGS)
        if fields.voice is not None:
            asked[fields.voice] = voice
        if fields.emotion is not None and style:
            asked[fields.emotion] = style
    if fields.rate is not None and sentence.rate != 1.0:
        asked[fields.rate] = sentence.rate
    if fields.language is not None:
        asked[fields.language] = sentence.language.partition("-")[0].lower()
    return asked


def _ssml(text: str, voice: str, style: str, intensity: float) -> str:
    """As ModelScope documents it: emotion within speak."""
    said = escape(text)
    if style:
        said = f'<emotion category={quoteattr(style)} intensity="{intensity:g}">{said}</emotion>'
    return f"<speak voice={quoteattr(voice)}>{said}</speak>"
