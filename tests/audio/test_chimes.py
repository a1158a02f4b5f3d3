"""Promises of the chimes of our own making."""

import math

import numpy as np
import pytest
from sounds import samples_of

from voxd.audio.chimes import CHIMES
from voxd.audio.loudness import loudness_lufs

RATES_HZ = (8_000, 16_000, 22_050, 48_000)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("name", CHIMES)
def test_each_can_be_made_at_any_rate_and_lasts_as_long(name: str, rate_hz: int) -> None:
    chime = CHIMES[name](rate_hz)
    assert (chime.format.rate_hz, chime.format.channels) == (rate_hz, 1)
    assert 0.2 <= chime.duration_s <= 3.0
    assert chime.duration_s == pytest.approx(CHIMES[name](44_100).duration_s, abs=0.001)


@pytest.mark.parametrize("name", CHIMES)
def test_each_begins_and_ends_in_silence_and_has_no_step(name: str) -> None:
    heard = samples_of(CHIMES[name](48_000).pcm).astype(int)
    assert abs(int(heard[0])) < 10
    assert abs(int(heard[-1])) < 10
    assert np.abs(np.diff(np.concatenate(([0], heard, [0])))).max() < 9_000


@pytest.mark.parametrize("name", CHIMES)
def test_each_is_as_loud_at_every_rate(name: str) -> None:
    levels = [loudness_lufs([chime] * math.ceil(3 / chime.duration_s)) for chime in (CHIMES[name](r) for r in RATES_HZ)]
    known = [level for level in levels if level is not None]
    assert len(known) == len(RATES_HZ)
    assert max(known) - min(known) < 1.5


def test_the_siren_fills_about_two_seconds_with_three_pulses() -> None:
    siren = CHIMES["siren"](48_000)
    loud = np.abs(samples_of(siren.pcm).astype(int)).reshape(-1, 480).max(axis=1) > 1_000
    assert 1.5 <= siren.duration_s <= 2.5
    assert np.count_nonzero(np.diff(loud.astype(int)) == 1) + int(loud[0]) == 3
