"""When a session connects again, by how its connections ended."""

import pytest

from voxd.wire.mqtt.reasons import BREAKS_AGAIN, Ending
from voxd.wire.mqtt.redialling import RETRY_MAX_S, Redialling

RESET = Ending("the connection broke", broke=True)
CLOSED = Ending("the connection broke", broke=True, closed=True)
TAKEN_OVER = Ending("taken over", taken_over=True)
UNREACHABLE = Ending("nothing listens there")


@pytest.mark.parametrize("endings", [[(RESET, 2.0)], [(UNREACHABLE, 0.0)], [(CLOSED, 2.0), (UNREACHABLE, 0.0)]])
def test_a_network_that_fails_again_and_again_is_tried_again_within_seconds(
    endings: list[tuple[Ending, float]],
) -> None:
    redialling = Redialling(10.0, 60.0)
    for ending, lasted_s in endings * 50:
        judged, wait_s = redialling.judged(ending, lasted_s)
        assert judged is ending
        assert wait_s <= RETRY_MAX_S


def test_the_first_tries_come_at_once_and_again_after_a_connection_that_lasted() -> None:
    redialling = Redialling(10.0, 60.0)
    for lasted_s in (0.0, 11.0):
        assert redialling.judged(RESET, lasted_s)[1] <= 0.2
        assert redialling.judged(UNREACHABLE, 0.0)[1] <= 0.4
        for _ in range(5):
            redialling.judged(UNREACHABLE, 0.0)


def test_two_with_one_name_draw_back_more_and_more() -> None:
    redialling = Redialling(10.0, 60.0)
    waits = [redialling.judged(CLOSED, 0.1) for _ in range(12)]
    assert [judged is BREAKS_AGAIN for judged, _ in waits] == 3 * [False] + 9 * [True]
    assert waits[3][1] <= 5.0 + RETRY_MAX_S
    assert min(wait_s for _, wait_s in waits[-3:]) >= 30.0


def test_a_connection_as_long_as_the_rival_kept_away_does_not_end_the_fight() -> None:
    redialling = Redialling(10.0, 60.0)
    for lasted_s in (0.1, 0.1, 0.1, 0.1, 4.0, 8.0, 16.0, 32.0):
        judged, _ = redialling.judged(CLOSED, lasted_s)
    assert judged is BREAKS_AGAIN


def test_a_fight_that_is_over_is_forgotten() -> None:
    redialling = Redialling(10.0, 60.0)
    for _ in range(12):
        redialling.judged(CLOSED, 0.1)
    assert redialling.judged(CLOSED, 300.0)[0] is CLOSED
    assert redialling.judged(CLOSED, 0.1)[1] <= RETRY_MAX_S


def test_who_is_told_of_a_rival_draws_back_at_once() -> None:
    redialling = Redialling(10.0, 60.0)
    waits = [redialling.judged(TAKEN_OVER, 1.0)[1] for _ in range(6)]
    assert waits[0] >= 2.0
    assert waits[-1] >= 30.0
