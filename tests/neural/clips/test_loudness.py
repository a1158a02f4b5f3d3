"""Loudness as ITU-R BS.1770-4 defines it, and EBU Tech 3341 tests it."""

import numpy as np
import pytest
from sound_files import Sound

from voxd.neural.clips.loudness import levelled, loudness_lufs, true_peak

RATE_HZ = 48_000


def sine(pitch_hz: float, level_db: float, duration_s: float = 5.0, phase: float = 0.0) -> Sound:
    at_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return (10 ** (level_db / 20) * np.sin(2 * np.pi * pitch_hz * at_s + phase)).astype(np.float32)


def test_a_sine_of_997_hz_at_full_scale_has_minus_3_01_lufs() -> None:
    assert loudness_lufs(sine(997, 0)) == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize(("pitch_hz", "weight_db"), [(38.1, -6.7), (100, -1.9), (10_000, 3.3)])
def test_low_pitches_count_less_and_high_ones_more(pitch_hz: float, weight_db: float) -> None:
    assert loudness_lufs(sine(pitch_hz, -20)) - loudness_lufs(sine(997, -20)) == pytest.approx(weight_db, abs=0.1)


def test_pauses_do_not_count() -> None:
    speech, pause = sine(1000, -20, 60), sine(1000, -33, 10)
    assert loudness_lufs(np.concatenate([pause, speech, pause])) == pytest.approx(loudness_lufs(speech), abs=0.1)


def test_silence_has_no_loudness_and_stays_silence() -> None:
    silence = np.zeros(RATE_HZ, dtype=np.float32)
    assert loudness_lufs(silence) == -np.inf
    assert not levelled(silence).any()


def test_a_peak_between_the_samples_is_found() -> None:
    assert 20 * np.log10(true_peak(sine(12_000, 0, phase=np.pi / 4))) == pytest.approx(0, abs=0.3)


def test_what_cannot_be_made_loud_without_clipping_stays_quieter() -> None:
    clicks = np.zeros(5 * RATE_HZ, dtype=np.float32)
    clicks[::4800] = 0.5
    assert 20 * np.log10(true_peak(levelled(clicks))) == pytest.approx(-1, abs=0.1)
