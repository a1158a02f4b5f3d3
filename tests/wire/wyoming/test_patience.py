"""Whether a client takes what is sent to it."""

import pytest

from voxd.wire.wyoming.patience import TAKEN_MIN_BYTES, Pace, Patience

WAITING = 1_000_000


def stuck_at(taken_bytes_per_s: int, *, unsent_bytes: int = WAITING, for_s: int = 600) -> int | None:
    """The second at which a client that takes so much is stuck; None if it never is."""
    pace = Pace(Patience(write_s=30), 0.0)
    for now in range(for_s):
        if pace.stuck(float(now), now * taken_bytes_per_s, unsent_bytes, None):
            return now
    return None


def test_a_client_that_takes_nothing_is_stuck() -> None:
    assert stuck_at(0) == 31


@pytest.mark.parametrize("taken_bytes_per_s", [1, 100, TAKEN_MIN_BYTES // 32])
def test_a_byte_now_and_then_wins_no_time(taken_bytes_per_s: int) -> None:
    assert stuck_at(taken_bytes_per_s) == 31


def test_a_client_that_plays_as_it_reads_is_not_stuck() -> None:
    assert stuck_at(2 * 8000) is None


def test_a_client_that_has_taken_all_is_not_stuck() -> None:
    assert stuck_at(0, unsent_bytes=0) is None


def test_a_client_has_its_time_anew_whenever_it_has_taken_all() -> None:
    pace = Pace(Patience(write_s=30), 0.0)
    for second in range(0, 600, 20):
        assert not pace.stuck(second, second, WAITING, None)
        assert not pace.stuck(second + 10, second, 0, None)


def test_a_client_that_does_not_answer_our_goodbye_is_stuck() -> None:
    pace = Pace(Patience(goodbye_s=1), 0.0)
    assert not pace.stuck(10.5, 0, 0, ended_at=10.0)
    assert pace.stuck(11.5, 0, 0, ended_at=10.0)
