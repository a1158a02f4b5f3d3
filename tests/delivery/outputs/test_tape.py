"""Promises of the audio child's tape."""

from array import array

import pytest

from voxd.delivery.outputs.tape import MAX_WAITING_BYTES, Piece, Tape, faded


@pytest.fixture
def tape() -> Tape:
    tape = Tape()
    tape.begin(7)
    return tape


def test_what_was_put_is_taken_in_order_and_counted(tape: Tape) -> None:
    tape.put(b"abcdef")
    tape.put(b"gh")
    assert tape.take(4) == Piece(7, 4, b"abcd")
    assert tape.take(100) == Piece(7, 8, b"efgh")
    assert tape.take(4) is None


def test_a_new_sound_drops_what_waited_of_the_old_one(tape: Tape) -> None:
    tape.put(b"abcd")
    tape.begin(8)
    tape.put(b"ef")
    assert tape.take(100) == Piece(8, 2, b"ef")


def test_silence_between_two_parts_of_a_sound_is_a_gap_and_after_its_end_is_none(tape: Tape) -> None:
    tape.starve()
    tape.put(b"ab")
    tape.take(2)
    assert tape.gaps == 0
    tape.starve()
    tape.starve()
    tape.put(b"cd")
    assert tape.gaps == 1
    tape.take(2)
    tape.starve()
    assert tape.gaps == 1


def test_hushed_it_keeps_only_a_fading_end(tape: Tape) -> None:
    tape.put(array("h", [1000] * 100).tobytes())
    tape.hush(frames=4, channels=1)
    piece = tape.take(1000)
    assert piece
    assert array("h", piece.pcm).tolist() == [800, 600, 400, 200]
    assert tape.take(1000) is None


def test_the_fading_end_is_heard_before_the_next_sound(tape: Tape) -> None:
    tape.put(array("h", [1000] * 8).tobytes())
    tape.hush(frames=1, channels=1)
    tape.begin(8)
    tape.put(b"ab")
    first, second = tape.take(100), tape.take(100)
    assert first
    assert first.sound not in (7, 8)
    assert second == Piece(8, 2, b"ab")


def test_both_channels_fade_together() -> None:
    assert array("h", faded(array("h", [900, -900] * 2).tobytes(), 2)).tolist() == [600, -600, 300, -300]


def test_more_than_may_wait_is_refused(tape: Tape) -> None:
    with pytest.raises(ValueError, match="More sound"):
        tape.put(bytes(MAX_WAITING_BYTES + 1))


def test_what_is_held_waits_for_its_moment_and_what_was_before_it_does_not(tape: Tape) -> None:
    tape.put(b"ab")
    tape.hold(12.5)
    tape.put(b"cd")
    assert tape.held() is None
    assert tape.take(100) == Piece(7, 2, b"ab")
    assert (tape.held(), tape.take(100)) == (12.5, None)
    tape.release(12.5)
    assert tape.take(100) == Piece(7, 4, b"cd")


@pytest.mark.parametrize("hushed", [True, False])
def test_what_is_held_is_forgotten_without_a_sound_when_hushed_or_when_another_begins(hushed: bool, tape: Tape) -> None:
    tape.hold(12.5)
    tape.put(b"ab")
    if hushed:
        tape.hush(frames=1, channels=1)
    else:
        tape.begin(8)
    assert (tape.held(), tape.take(100)) == (None, None)


def test_the_silence_before_a_moment_is_no_gap(tape: Tape) -> None:
    tape.hold(12.5)
    tape.put(b"ab")
    tape.starve()
    tape.release(12.5)
    tape.put(b"cd")
    assert tape.gaps == 0


def test_what_was_dropped_meanwhile_is_not_released_and_neither_is_what_is_held_since() -> None:
    tape = Tape()
    tape.begin(1)
    tape.hold(12.5)
    tape.put(b"\1\0" * 10)
    tape.hush(0, 1)
    tape.release(12.5)
    tape.begin(2)
    tape.hold(13.5)
    tape.put(b"\2\0" * 10)
    tape.release(12.5)
    assert tape.held() == 13.5
    assert tape.take(20) is None
    tape.release(13.5)
    assert tape.take(20) == Piece(2, 20, b"\2\0" * 10)
