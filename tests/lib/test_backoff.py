from voxd.lib.backoff import Backoff


def longest(low: float, high: float) -> float:
    return high


def test_waits_double_up_to_the_cap_and_begin_again_after_a_reset() -> None:
    backoff = Backoff(0.2, 1.0, longest)
    assert [backoff.next_s() for _ in range(5)] == [0.2, 0.4, 0.8, 1.0, 1.0]
    backoff.reset()
    assert backoff.next_s() == 0.2


def test_the_first_wait_is_short_and_none_is_longer_than_half_a_minute() -> None:
    backoff = Backoff()
    waits = [backoff.next_s() for _ in range(30)]
    assert waits[0] <= 0.5
    assert 15 <= waits[-1] <= 30


def test_waits_are_jittered() -> None:
    backoff = Backoff(10.0, 10.0)
    waits = {backoff.next_s() for _ in range(50)}
    assert len(waits) > 10
    assert min(waits) >= 5
