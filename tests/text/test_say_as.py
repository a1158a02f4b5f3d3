"""say-as: letters, digits, numbers, dates and times in words."""

import pytest

from voxd.text.say_as import said
from voxd.text.ssml import Piece


@pytest.mark.parametrize(
    ("interpreted", "text", "detail", "language", "expected"),
    [
        ("characters", "ab 1", "", "en", "A, B, one"),
        ("spell-out", "WLAN", "", "de", "W, L, A, N"),
        ("verbatim", "a-b", "", "en", "A, -, B"),
        ("digits", "2024", "", "en", "two zero two four"),
        ("digits", "12 34", "", "de", "eins zwei, drei vier"),
        ("telephone", "+49 89-123", "", "en", "plus four nine, eight nine, one two three"),
        ("cardinal", "1234", "", "en", "one thousand two hundred and thirty-four"),
        ("number", "-1,5", "", "de", "minus eins Komma fünf"),
        ("ordinal", "3rd", "", "en", "third"),
        ("ordinal", "two", "", "en", "two"),
        ("date", "3/4/2026", "dmy", "en", "April third twenty twenty-six"),
        ("date", "3/4/2026", "mdy", "en", "March fourth twenty twenty-six"),
        ("date", "2026-04-03", "", "en", "April third twenty twenty-six"),
        ("date", "3.4.", "dm", "de", "dritter April"),
        ("date", "31.2.2026", "dmy", "de", "31.2.2026"),
        ("date", "tomorrow", "", "en", "tomorrow"),
        ("time", "7:30pm", "", "en", "seven thirty PM"),
        ("time", "19:30", "hms24", "de", "neunzehn Uhr dreißig"),
        ("time", "25:30", "", "de", "25:30"),
        ("digits", "12", "", "ja", "12"),
        ("fraction", "1/2", "", "en", "1/2"),
        ("characters", "x" * 1000, "", "en", "x" * 1000),
    ],
)
def test_what_a_piece_is_said_as(interpreted: str, text: str, detail: str, language: str, expected: str) -> None:
    assert said(Piece(text, interpreted, detail), language) == expected
