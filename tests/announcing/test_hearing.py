"""Hearing: how much of an announcement was heard, by the clock and by what was given to the outputs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxd.announcing.hearing import LAG_S, Hearing, length_s

FOUR = (length_s("one."),) * 4
"""Four sentences of one length, in s."""


def given_whole(first: int = 0, number: int = 4, chime_s: float = 0.0) -> Hearing:
    """So many of the four were given at 100 s, two seconds each."""
    hearing = Hearing(FOUR, first)
    if chime_s:
        hearing.give(chime_s, 100.0, speech=False)
    for _ in range(number):
        hearing.give(2.0, 100.0, speech=True)
        hearing.end_sentence()
    return hearing


def test_nothing_was_heard_before_anything_was_given() -> None:
    hearing = Hearing(FOUR, 0)
    assert (hearing.sentences(100.0), hearing.share(100.0), hearing.changes_in_s(100.0)) == (0, 0.0, None)


@pytest.mark.parametrize(
    ("now", "sentences", "share"),
    [
        (100.0, 0, 0.0),
        (102.0, 0, 0.25),
        (102.4, 1, 0.3),
        (104.0, 1, 0.5),
        (107.0, 3, 0.875),
        (108.4, 4, 1.0),
        (900.0, 4, 1.0),
    ],
)
def test_what_was_given_at_once_is_heard_in_its_time(now: float, sentences: int, share: float) -> None:
    hearing = given_whole()
    assert hearing.sentences(now) == sentences
    assert hearing.share(now) == pytest.approx(share)


def test_no_more_was_heard_than_was_given() -> None:
    hearing = given_whole(number=1)
    assert hearing.sentences(200.0) == 1
    assert hearing.share(200.0) == pytest.approx(0.25)


def test_a_chime_is_no_part_of_it() -> None:
    hearing = given_whole(chime_s=3.0)
    assert hearing.share(103.0) == 0.0
    assert hearing.share(107.0) == pytest.approx(0.5)
    assert hearing.sentences(105.4) == 1


def test_what_was_heard_earlier_counts() -> None:
    hearing = given_whole(first=2, number=2)
    assert hearing.taken == 4
    assert (hearing.sentences(100.0), hearing.share(100.0)) == (2, 0.5)
    assert hearing.share(102.0) == pytest.approx(0.75)


def test_a_sentence_that_is_longer_than_was_thought_is_not_over_before_its_end() -> None:
    hearing = Hearing((length_s("yes."), length_s("no.")), 0)
    hearing.give(10.0, 100.0, speech=True)
    assert hearing.share(105.0) == pytest.approx(0.5)
    hearing.end_sentence()
    assert hearing.share(110.0) < 0.6


def test_it_tells_when_the_next_sentence_or_one_half_will_have_been_heard() -> None:
    assert given_whole().changes_in_s(101.0) == pytest.approx(1.0 + LAG_S)
    assert given_whole().changes_in_s(103.0) == pytest.approx(1.0), "one half"
    assert given_whole(first=2, number=2).changes_in_s(101.0) == pytest.approx(1.0 + LAG_S)
    assert given_whole().changes_in_s(200.0) is None


@given(
    st.lists(st.text(max_size=30), min_size=1, max_size=6),
    st.lists(st.tuples(st.floats(0.0, 20.0), st.booleans(), st.booleans()), max_size=12),
    st.data(),
)
def test_the_part_that_was_heard_is_a_part_and_time_takes_nothing_back(
    words: list[str], pieces: list[tuple[float, bool, bool]], data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(words)))
    hearing = Hearing([length_s(sentence) for sentence in words], first)
    for duration_s, speech, ends in pieces:
        if hearing.taken == len(words):
            break
        hearing.give(duration_s, 100.0, speech=speech)
        if speech and ends:
            hearing.end_sentence()
    shares = [hearing.share(100.0 + later) for later in range(0, 60, 3)]
    assert shares == sorted(shares)
    assert 0.0 <= shares[0] <= shares[-1] <= 1.0
    assert first <= hearing.sentences(160.0) <= hearing.taken <= len(words)
