"""Sentences that go astray."""

from collections.abc import Iterator

import numpy as np
import pytest
from models_for_tests import sine

from voxd.neural.faults import FaultError
from voxd.neural.runaway import ATTEMPTS, MOST_S, SILENCE_MAX_S, longest_s, rendered, watched
from voxd.neural.speech_model import Samples
from voxd.wire.wyoming.host_events import Fault

RATE_HZ = 16_000
PATCH_S = 0.16
TEXT = "A sentence of some forty characters, say."


def sound(length_s: float = PATCH_S) -> Samples:
    return sine(440, length_s, RATE_HZ)


def silence(length_s: float = PATCH_S) -> Samples:
    """As quiet as a model's silence: there is noise at -70 dB."""
    return sine(440, length_s, RATE_HZ) * np.float32(0.001)


def length_s(pieces: list[Samples]) -> float:
    return sum(map(len, pieces)) / RATE_HZ


def patches(kind: Samples, count: int) -> list[Samples]:
    return [kind] * count


class Pieces:
    """An iterator that knows how many pieces were taken and whether it was closed."""

    def __init__(self, pieces: list[Samples]) -> None:
        self._pieces = iter(pieces)
        self.taken = 0
        self.closed = False

    def __iter__(self) -> "Pieces":
        return self

    def __next__(self) -> Samples:
        piece = next(self._pieces)
        self.taken += 1
        return piece

    def close(self) -> None:
        self.closed = True


def test_honest_speech_passes_unchanged() -> None:
    pieces = [sound(), silence(), sound(), sound(), silence()]
    np.testing.assert_array_equal(np.concatenate(list(watched(iter(pieces), TEXT, RATE_HZ))), np.concatenate(pieces))


def test_a_first_piece_with_sound_passes_at_once() -> None:
    pieces = Pieces([sound(), sound()])
    given = watched(pieces, TEXT, RATE_HZ)
    np.testing.assert_array_equal(next(given), sound())
    assert pieces.taken == 1
    given.close()
    assert pieces.closed


def test_silence_before_the_first_sound_comes_with_it() -> None:
    given = list(watched(iter([silence(), silence(), sound()]), TEXT, RATE_HZ))
    np.testing.assert_array_equal(given[0], np.concatenate([silence(), silence(), sound()]))


def test_silence_that_does_not_end_is_a_runaway_and_nothing_of_it_is_given() -> None:
    pieces = Pieces(patches(silence(), 1000))
    with pytest.raises(FaultError, match="silence") as raised:
        list(watched(pieces, TEXT, RATE_HZ))
    assert raised.value.fault is Fault.RUNAWAY
    assert pieces.taken * PATCH_S < SILENCE_MAX_S + 2 * PATCH_S
    assert pieces.closed


def test_a_sentence_without_any_sound_is_a_runaway() -> None:
    with pytest.raises(FaultError):
        list(watched(iter([silence()]), TEXT, RATE_HZ))
    with pytest.raises(FaultError):
        list(watched(iter([]), TEXT, RATE_HZ))


def test_a_pause_within_a_sentence_is_kept_whole() -> None:
    pieces = [*patches(sound(), 2), *patches(silence(), 10), *patches(sound(), 2)]
    np.testing.assert_array_equal(np.concatenate(list(watched(iter(pieces), TEXT, RATE_HZ))), np.concatenate(pieces))


def test_endless_silence_after_speech_ends_the_sentence_without_it() -> None:
    pieces = Pieces([*patches(sound(), 5), *patches(silence(), 1000)])
    given = list(watched(pieces, TEXT, RATE_HZ))
    assert 5 * PATCH_S <= length_s(given) < 5 * PATCH_S + 0.6
    assert pieces.closed


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_what_is_no_number_is_a_runaway(number: float) -> None:
    bad = sound()
    bad[100] = number
    with pytest.raises(FaultError) as raised:
        list(watched(iter([sound(), bad]), TEXT, RATE_HZ))
    assert raised.value.fault is Fault.RUNAWAY


def test_a_sentence_far_too_long_for_its_text_is_a_runaway() -> None:
    given: list[Samples] = []
    with pytest.raises(FaultError) as raised:
        given.extend(watched(iter(patches(sound(), 100_000)), "Yes.", RATE_HZ))
    assert raised.value.fault is Fault.RUNAWAY


@pytest.mark.parametrize(
    ("text", "spoken_s"),
    [
        ("Yes.", 2.0),
        ("WWW.", 3.0),  # three letters, spelt
        ("The quick brown fox jumps over the lazy dog.", 8.0),  # half as fast as usual
        ("今天天气怎么样？", 6.0),
        ("48123456789", 1.5 * 7.9),  # as espeak-ng reads it in Polish
        ("99%", 2.0 * 2.2),
        ("a" * 5000, MOST_S),
    ],
)
def test_slow_honest_speech_is_not_too_long(text: str, spoken_s: float) -> None:
    assert longest_s(text) >= spoken_s


def test_a_sentence_asked_for_slowly_may_last_longer() -> None:
    pieces = patches(sound(), round(1.5 * longest_s(TEXT) / PATCH_S))
    assert length_s(list(watched(iter(pieces), TEXT, RATE_HZ, rate=0.5))) == pytest.approx(length_s(pieces))
    with pytest.raises(FaultError):
        list(watched(iter(pieces), TEXT, RATE_HZ, rate=2.0))


def test_no_sentence_lasts_longer_than_two_minutes() -> None:
    assert longest_s("a" * 100_000) == MOST_S == 120.0


class Dice:
    """Speaks well only from the attempt `good` on; knows the seeds."""

    def __init__(self, good: int, bad: list[Samples]) -> None:
        self.good = good
        self.bad = bad
        self.seeds: list[int | None] = []

    def __call__(self, seed: int | None) -> Iterator[Samples]:
        self.seeds.append(seed)
        return iter([sound()] if len(self.seeds) > self.good else self.bad)


@pytest.mark.parametrize("seed", [None, 7])
def test_a_runaway_is_rendered_again_with_another_seed(seed: int | None) -> None:
    dice = Dice(2, patches(silence(), 100))
    np.testing.assert_array_equal(np.concatenate(list(rendered(dice, TEXT, RATE_HZ, seed))), sound())
    assert dice.seeds[0] == seed
    assert len(set(dice.seeds)) == 3
    again = Dice(2, patches(silence(), 100))
    list(rendered(again, TEXT, RATE_HZ, seed))
    assert again.seeds == dice.seeds


def test_it_is_not_rendered_for_ever() -> None:
    dice = Dice(99, [np.full(100, np.nan, dtype=np.float32)])
    with pytest.raises(FaultError):
        list(rendered(dice, TEXT, RATE_HZ, 7))
    assert len(dice.seeds) == ATTEMPTS


def test_what_was_heard_in_part_is_not_rendered_again() -> None:
    dice = Dice(1, [sound(), np.full(100, np.nan, dtype=np.float32)])
    with pytest.raises(FaultError):
        list(rendered(dice, TEXT, RATE_HZ, 7))
    assert dice.seeds == [7]
