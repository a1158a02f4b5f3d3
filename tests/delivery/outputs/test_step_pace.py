"""Promises of a device's pace: seams that are fitted, sounds that ran dry, how late it is."""

import time
from collections.abc import Iterator

import pytest

from voxd.delivery.ensemble import Ensemble, Part
from voxd.delivery.outputs.step_pace import StepPace
from voxd.model.audio import AudioFormat, Seam

RATE_HZ = 1000
SEAM = Seam(AudioFormat(RATE_HZ), bytes(2 * 150))


@pytest.fixture
def hall() -> Iterator[Part]:
    with Ensemble(1).part("hall") as part:
        yield part


async def begun(part: Part) -> StepPace:
    pace = StepPace(part, AudioFormat(RATE_HZ))
    await pace.start(0.0)
    return pace


async def test_its_beginning_is_measured_by_what_was_heard(hall: Part) -> None:
    pace = await begun(hall)
    pace.heard(500, at=20.5)
    assert hall.began == pytest.approx(20.0)


async def test_a_moment_that_nobody_can_tell_says_nothing(hall: Part) -> None:
    (await begun(hall)).heard(500, at=0.0)
    assert hall.began is None


async def test_a_seam_is_longer_by_what_the_others_are_behind_and_then_they_are_in_step() -> None:
    ensemble = Ensemble(1)
    with ensemble.part("hall") as hall, ensemble.part("kitchen") as kitchen:
        pace = await begun(hall)
        pace.heard(500, at=20.5)
        kitchen.note(20.03)
        assert pace.fitted(SEAM) == bytes(2 * 180)
        assert hall.began == pytest.approx(20.03)
        assert pace.fitted(SEAM) == SEAM.pcm
        pace.heard(1000, at=21.0)  # still before that silence was heard
        assert hall.began == pytest.approx(20.03)


async def test_a_sound_that_ran_dry_is_held_and_one_that_did_not_is_not(hall: Part) -> None:
    pace = await begun(hall)
    pace.heard(100, at=time.monotonic())
    assert pace.hold(1000) is None
    pace.heard(1000, at=time.monotonic() - 1)
    moment = pace.hold(1000)
    assert moment is not None
    assert moment >= time.monotonic() - 0.1
    assert pace.hold(1500) is None


async def test_a_lost_device_says_nothing_until_it_is_heard_again(hall: Part) -> None:
    pace = await begun(hall)
    pace.heard(500, at=20.5)
    pace.lose()
    assert hall.began is None
    assert pace.hold(1000) is None
