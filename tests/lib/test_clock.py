"""How old something is does not depend on what the clock was set to."""

import time

from voxd.lib.clock import Moment, boot_id, moment

THEN = Moment(1000.0, "this boot", 50.0)


def test_within_one_boot_the_clock_may_be_set_as_you_like() -> None:
    assert THEN.age_s(Moment(5000.0, "this boot", 57.0)) == 7.0
    assert THEN.age_s(Moment(10.0, "this boot", 57.0)) == 7.0


def test_after_another_boot_only_the_wall_clock_tells() -> None:
    assert THEN.age_s(Moment(1100.0, "another", 5.0)) == 100.0
    assert THEN.age_s(Moment(900.0, "another", 5.0)) == 0.0


def test_boots_that_have_no_name_are_not_the_same() -> None:
    assert Moment(1000.0).age_s(Moment(1001.0)) == 1.0


def test_a_moment_is_by_all_clocks_of_this_machine() -> None:
    now = moment()
    assert abs(now.wall_s - time.time()) < 5
    assert now.boot == boot_id() != ""
    assert now.boottime_s >= time.monotonic() - 5
