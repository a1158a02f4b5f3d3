"""Promises of the limiter and of the true peaks it goes by; ffmpeg is the judge."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loudness_meter import measured

from voxd.audio.limiter import Limiter
from voxd.audio.true_peak import Wave, true_peak
from voxd.model.audio import AudioFormat

RATES_HZ = (8_000, 16_000, 22_050, 44_100, 48_000)
LIMIT_DBTP = -1.0


def bursts(rate_hz: int, duration_s: float = 3.0, seed: int = 1, channels: int = 1) -> Wave:
    """Noise far above full scale, a tone at a quarter of the rate that peaks between the samples, and quiet noise."""
    dice = np.random.default_rng(seed)
    third = round(rate_hz * duration_s / 3)
    noise = dice.standard_normal(third) * 30_000
    tone = 40_000 * np.sin(np.pi / 2 * np.arange(third) + np.pi / 4)
    quiet = dice.standard_normal(third) * 2_000
    return np.repeat(np.concatenate((noise, tone, quiet)).astype(np.float32)[:, np.newaxis], channels, axis=1)


def limited(wave: Wave, rate_hz: int, pieces: list[int] | None = None) -> Wave:
    """The wave through a limiter, in pieces of so many frames."""
    limiter = Limiter(rate_hz, wave.shape[1], LIMIT_DBTP)
    given_, at = [], 0
    for size in pieces or ():
        given_.append(limiter.feed(wave[at : at + size]))
        at += size
    return np.concatenate((*given_, limiter.feed(wave[at:]), limiter.finish()))


def pcm(wave: Wave) -> bytes:
    return np.rint(wave).astype("<i2").tobytes()


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_no_sample_is_above_the_true_peak_limit(rate_hz: int, channels: int) -> None:
    heard = limited(bursts(rate_hz, channels=channels), rate_hz)
    assert measured(pcm(heard), AudioFormat(rate_hz, channels)).true_peak_dbtp <= LIMIT_DBTP


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_what_does_not_reach_the_limit_is_untouched(rate_hz: int) -> None:
    wave = bursts(rate_hz)
    wave *= np.float32(32768 * 10 ** (-1.3 / 20) / true_peak(wave, rate_hz))
    assert np.array_equal(limited(wave, rate_hz), wave)


def test_it_gives_as_many_frames_as_it_got_and_comes_back_to_them_after_a_peak() -> None:
    rate_hz, wave = 22_050, bursts(22_050)
    heard = limited(wave, rate_hz)
    assert heard.shape == wave.shape
    quiet = 2 * rate_hz + rate_hz // 4
    assert np.array_equal(heard[quiet:], wave[quiet:])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3000), max_size=20), st.sampled_from((8_000, 22_050, 48_000)))
def test_whatever_the_pieces_the_sound_is_the_same_to_the_bit(pieces: list[int], rate_hz: int) -> None:
    wave = bursts(rate_hz, 0.3)
    assert np.array_equal(limited(wave, rate_hz, pieces), limited(wave, rate_hz))


def test_the_gain_moves_smoothly() -> None:
    rate_hz = 48_000
    wave = np.full((rate_hz, 1), 1_000.0, dtype=np.float32)
    wave[rate_hz // 2] = 60_000.0
    gain = limited(wave, rate_hz)[:, 0] / wave[:, 0]
    assert np.abs(np.diff(gain)).max() < 1.5 / (0.002 * rate_hz)


def test_it_waits_for_little_more_than_two_milliseconds_of_sound() -> None:
    assert all(Limiter(rate_hz, 1, LIMIT_DBTP).delay / rate_hz < 0.0036 for rate_hz in RATES_HZ)
    assert Limiter(48_000, 1, LIMIT_DBTP).delay / 48_000 < 0.0023


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_it_takes_less_than_two_hundredths_of_the_time_that_the_sound_takes(rate_hz: int) -> None:
    wave, sizes = bursts(rate_hz), [round(0.05 * rate_hz)] * 60
    took_s = []
    for _ in range(5):
        begun = time.process_time()
        limited(wave, rate_hz, sizes)
        took_s.append((time.process_time() - begun) / 3)
    assert min(took_s) < 0.02


def test_the_true_peak_of_a_tone_between_the_samples_is_found() -> None:
    tone = np.sin(np.pi / 2 * np.arange(4_000) + np.pi / 4).astype(np.float32)[:, np.newaxis]
    assert float(np.abs(tone).max()) < 0.708
    steady = tone * np.hanning(len(tone)).astype(np.float32)[:, np.newaxis]
    assert true_peak(steady, 48_000) == pytest.approx(1.0, abs=0.01)
