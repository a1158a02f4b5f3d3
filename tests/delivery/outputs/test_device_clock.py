"""Promises of a device's clock: steps, late looks, drift and gaps."""

import random

import pytest

from voxd.delivery.outputs.device_clock import DeviceClock

RATE_HZ = 48_000
STEP = 1200


def looked_at(clock: DeviceClock, seconds: tuple[float, float], began: float, late_s: float = 0.0) -> None:
    """The device takes a step every 25 ms; each is seen by up to `late_s` too late."""
    chance = random.Random(1)
    for step in range(round(seconds[0] * 40) + 1, round(seconds[1] * 40) + 1):
        clock.look(began + step * STEP / RATE_HZ + chance.uniform(0, late_s), step * STEP)


def test_nobody_can_tell_before_the_device_took_anything() -> None:
    assert DeviceClock(RATE_HZ).heard_at(0) is None


def test_looks_that_are_late_do_not_mislead_it() -> None:
    clock = DeviceClock(RATE_HZ)
    looked_at(clock, (0, 1), began=100.0, late_s=0.02)
    assert clock.heard_at(RATE_HZ) == pytest.approx(101.0, abs=0.002)


def test_looks_between_two_steps_say_nothing() -> None:
    clock = DeviceClock(RATE_HZ)
    looked_at(clock, (0, 1), began=100.0)
    clock.look(101.02, RATE_HZ)
    assert clock.heard_at(RATE_HZ) == pytest.approx(101.0)


def test_looks_that_are_late_by_a_block_for_many_steps_are_no_gap() -> None:
    clock = DeviceClock(RATE_HZ)
    for step in range(1, 200):
        late_s = 0.0 if step % 32 == 0 else 0.022
        clock.look(100.0 + step * STEP / RATE_HZ + late_s, step * STEP)
        if step > 32:
            assert clock.heard_at(0) == pytest.approx(100.0)


@pytest.mark.parametrize("told", [True, False])
def test_after_a_gap_everything_is_heard_later(told: bool) -> None:
    clock = DeviceClock(RATE_HZ)
    looked_at(clock, (0, 1), began=100.0)
    if told:
        clock.forget()
    looked_at(clock, (1, 1.1), began=100.06)
    assert clock.heard_at(2 * RATE_HZ) == pytest.approx(102.06)
