"""Rates are kept per source, and no source gains by giving itself new names."""

from hypothesis import given
from hypothesis import strategies as st

from voxd.lib.rates import Rates


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_let_through_and_then_so_many_a_second() -> None:
    clock = Clock()
    rates = Rates(5.0, 50, clock)
    assert sum(rates.allow("robot") for _ in range(1000)) == 50
    clock.now += 1.0
    assert sum(rates.allow("robot") for _ in range(1000)) == 5
    clock.now += 3600.0
    assert sum(rates.allow("robot") for _ in range(1000)) == 50


def test_sources_have_nothing_to_do_with_one_another() -> None:
    rates = Rates(1.0, 2, Clock())
    assert [rates.allow("robot") for _ in range(3)] == [True, True, False]
    assert rates.allow("doorbell")


def test_without_a_limit_everything_is_let_through() -> None:
    rates = Rates(None, 1, Clock())
    assert all(rates.allow("robot") for _ in range(1000))
    assert len(rates._buckets) == 0


def test_so_many_sources_are_remembered_and_new_names_gain_nothing() -> None:
    rates = Rates(1.0, 10, Clock(), sources_max=4)
    let_through = sum(rates.allow(f"robot {n}") for n in range(10_000))
    assert let_through == 40
    assert len(rates._buckets) == 4


def test_whoever_asks_often_is_not_forgotten_for_those_who_asked_once() -> None:
    rates = Rates(1.0, 3, Clock(), sources_max=4)
    assert [rates.allow("robot") for _ in range(4)] == [True, True, True, False]
    for n in range(3):
        rates.allow(f"guest {n}")
    assert not rates.allow("robot")


def test_a_clock_that_stands_still_gives_nothing_back() -> None:
    clock = Clock()
    rates = Rates(5.0, 1, clock)
    assert rates.allow("robot")
    clock.now -= 10.0
    assert not rates.allow("robot")


@given(
    st.floats(0.1, 100.0),
    st.integers(1, 50),
    st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0.0, 2.0)), max_size=200),
)
def test_nobody_ever_gets_more_than_burst_and_rate_allow(
    per_s: float, burst: int, asked: list[tuple[str, float]]
) -> None:
    clock = Clock()
    rates = Rates(per_s, burst, clock, sources_max=3)
    begun = clock.now
    let_through = dict.fromkeys("abcdef", 0)
    for source, wait_s in asked:
        clock.now += wait_s
        let_through[source] += rates.allow(source)
    most = burst + (clock.now - begun) * per_s + 1e-6
    assert all(count <= most for count in let_through.values())
    assert sum(let_through.values()) <= 3 * most
