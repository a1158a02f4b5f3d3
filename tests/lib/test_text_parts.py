"""Parts: what is too long is cut where it hurts least, and nothing of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxd.lib.text_parts import parts_that_fit


def parts(text: str, most: int) -> list[str]:
    return list(parts_that_fit(text, lambda part: len(part) <= most))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short", ["short"]),
        ("one two three, four five six", ["one two three,", "four five six"]),
        ("one two three four five six", ["one two three", "four five six"]),
        ("今天天气很好，我们一起出去散步吧，好不好", ["今天天气很好，", "我们一起出去散步吧，好不好"]),
        ("x" * 30, ["x" * 15, "x" * 15]),
    ],
)
def test_it_is_cut_behind_a_clause_else_between_words_else_anywhere(text: str, expected: list[str]) -> None:
    assert parts(text, 15) == expected


@given(st.text(min_size=1, max_size=300), st.integers(1, 50))
def test_every_part_fits_and_no_word_is_lost(text: str, most: int) -> None:
    found = parts(text, most)
    assert all(len(part) <= most for part in found)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_a_character_that_does_not_fit_stays_whole() -> None:
    assert parts("ab", 0) == ["a", "b"]
