"""A flood is told once when it begins, and once with its size when it is over."""

from voxd.lib.floods import LONGEST_S, QUIET_S, SOURCES_MAX, Flood, Floods


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_only_the_first_of_a_flood_begins_it() -> None:
    clock = Clock()
    floods = Floods(clock)
    begun = []
    for _ in range(300):
        begun.append(floods.count("robot"))
        clock.now += 0.1
    assert (begun[0], any(begun[1:])) == (True, False)
    assert floods.over() == ()
    clock.now += QUIET_S
    (flood,) = floods.over()
    assert (flood.source, flood.count, round(flood.lasted_s, 1)) == ("robot", 300, 29.9)
    assert floods.over() == ()
    assert floods.count("robot"), "the next one is a new flood"


def test_one_that_never_ends_is_summed_up_in_between() -> None:
    clock = Clock()
    floods = Floods(clock)
    while clock.now < 100.0 + LONGEST_S:
        floods.count("robot")
        clock.now += 1.0
    assert floods.over() == (Flood("robot", 3600, 3599.0),)


def test_the_floods_of_sources_are_told_apart_up_to_a_bound() -> None:
    clock = Clock()
    floods = Floods(clock)
    begun = sum(floods.count(f"robot {n}") for n in range(SOURCES_MAX + 1000))
    assert begun == SOURCES_MAX + 1
    assert len(floods) == SOURCES_MAX + 1
    assert Flood("others", 1000, 0.0) in floods.all()
    assert len(floods) == 0
