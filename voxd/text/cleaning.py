"""Characters that no voice can say: controls, emoji, zero-width ones; and several spellings of one character."""

import re

_INVISIBLE = re.compile(
    "[\ud800-\udfff\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffc\ufffe\uffff"
    "\ue000-\uf8ff\U000e0000-\U0010ffff]"
)
_JOINERS = re.compile("(?<![\u0600-\u0dff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u0dff])")
"""Joiners are letters' business in Persian and Indic words, and nothing anywhere else."""

_PICTURES = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u20e3\u2122\u2139\u2190\u2191\u2193-\u21ff\u2300-\u23ff\u2460-\u24ff\u2500-\u27bf"
    "\u2800-\u28ff\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299\ufffd\U0001f000-\U0001fbff]"
)
_SAME = str.maketrans(
    {
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
        "％": "%",
        "＄": "$",
        "￠": "¢",
        "℃": "°C",
        "℉": "°F",
        "\u2126": "Ω",
        "\u2212": "-",
        "\u2010": "-",
        "\u2011": "-",
        "\u202f": "\u00a0",
        "\u2007": "\u00a0",
        "\u2009": "\u00a0",
        "\t": " ",
    }
)
_WIDE_MARKS = re.compile("(?<=[0-9])[．：](?=[0-9])|[＋－](?=[0-9])")
_NARROW = {"．": ".", "：": ":", "＋": "+", "－": "-"}


def cleaned(text: str) -> str:
    """The text with one spelling for each character and none that cannot be said; a picture leaves a blank."""
    if text.isascii() and text.isprintable():
        return text
    text = _PICTURES.sub(" ", _JOINERS.sub("", _INVISIBLE.sub("", text)))
    return _WIDE_MARKS.sub(lambda match: _NARROW[match[0]], text.translate(_SAME))
