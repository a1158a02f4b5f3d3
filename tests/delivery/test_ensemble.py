"""Promises of an ensemble: a common beginning, and meeting again between two sentences."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from voxd.delivery.ensemble import Ensemble, Part

PATIENCE_S = 0.2


@pytest.fixture
def stage() -> Iterator[ExitStack]:
    """Keeps the parts that are taken until the test is over."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def parts(stage: ExitStack) -> list[Part]:
    ensemble = Ensemble(2, PATIENCE_S)
    return [stage.enter_context(ensemble.part(name)) for name in ("kitchen", "hall")]


async def test_all_begin_at_one_moment_that_the_slowest_can_keep(parts: list[Part]) -> None:
    now = time.monotonic()
    moments = await asyncio.gather(parts[0].start(0.1), parts[1].start(0.3))
    assert moments[0] == moments[1]
    assert now + 0.3 <= moments[0] < now + 0.3 + PATIENCE_S


async def test_one_that_does_not_come_is_left_behind(parts: list[Part]) -> None:
    now = time.monotonic()
    assert now + PATIENCE_S <= await parts[0].start(0.0) < now + 3 * PATIENCE_S
    late = time.monotonic()
    assert await parts[1].start(0.1) >= late + 0.1


async def test_nobody_waits_for_one_that_left(stage: ExitStack) -> None:
    ensemble = Ensemble(2, patience_s=30)
    stays = stage.enter_context(ensemble.part("kitchen"))
    starting = asyncio.create_task(stays.start(0.0))
    await asyncio.sleep(0)
    with ensemble.part("hall"):
        pass
    async with asyncio.timeout(2):
        await starting


async def test_one_that_is_cancelled_in_the_moment_all_are_ready_does_not_play(parts: list[Part]) -> None:
    waiting = asyncio.create_task(parts[0].start(0.0))
    await asyncio.sleep(0.01)
    parts[1].leave()
    waiting.cancel()
    await asyncio.wait((waiting,))
    assert waiting.cancelled()


def test_on_one_clock_nothing_is_put_into_a_seam(parts: list[Part]) -> None:
    parts[0].note(10.000)
    parts[1].note(10.004)
    assert [part.wait_s(0.15) for part in parts] == [0.0, 0.0]


def test_who_is_ahead_waits_for_the_latest(parts: list[Part]) -> None:
    parts[0].note(10.00)
    parts[1].note(10.03)
    assert parts[0].wait_s(0.15) == pytest.approx(0.03)
    assert parts[1].wait_s(0.15) == 0.0


def test_nobody_waits_for_one_far_behind_which_shortens_its_seams_by_half_at_most(parts: list[Part]) -> None:
    parts[0].note(10.0)
    parts[1].note(13.0)
    assert parts[0].wait_s(0.15) == 0.0
    assert parts[1].wait_s(0.15) == pytest.approx(-0.075)


def test_one_whose_device_is_lost_holds_nobody_up(parts: list[Part]) -> None:
    parts[0].note(10.0)
    parts[1].note(10.5)
    parts[1].note(None)
    assert [part.wait_s(0.15) for part in parts] == [0.0, 0.0]


async def test_a_sound_that_ran_dry_goes_on_at_one_moment(parts: list[Part]) -> None:
    await asyncio.gather(*(part.start(0.0) for part in parts))
    now = time.monotonic()
    first = parts[0].resume(2.0, lead_s=5.0)
    assert first >= now + 5.0
    assert parts[1].resume(2.0, lead_s=4.9) == first


def test_the_offsets_are_told_and_the_widest_is_remembered(stage: ExitStack) -> None:
    ensemble = Ensemble(2)
    assert ensemble.offsets_ms == {}
    assert ensemble.apart_ms is None
    kitchen, hall = (stage.enter_context(ensemble.part(name)) for name in ("kitchen", "hall"))
    kitchen.note(10.0)
    hall.note(10.0125)
    assert ensemble.offsets_ms == {"kitchen": 0.0, "hall": 12.5}
    kitchen.note(10.0 + kitchen.wait_s(0.15))
    assert ensemble.offsets_ms == {"kitchen": 0.0, "hall": 0.0}
    assert ensemble.apart_ms == 12.5
