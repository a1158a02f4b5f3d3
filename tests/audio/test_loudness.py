"""How loud sounds are: the same as ffmpeg says."""

import math

import numpy as np
import pytest
from loudness_meter import measured
from sounds import noise, pieces_of, tone

from voxd.audio import loudness
from voxd.audio.loudness import loudness_lufs
from voxd.audio.pcm import silence, with_channels
from voxd.model.audio import AudioFormat, Chunk


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 48_000])
def test_it_is_what_ffmpeg_measures(rate_hz: int) -> None:
    quiet = Chunk(AudioFormat(rate_hz), (np.frombuffer(noise(2.0, rate_hz).pcm, "<i2") // 8).astype("<i2").tobytes())
    sounds = (tone(3.0, rate_hz), silence(AudioFormat(rate_hz), 1.0), quiet)
    ours = loudness_lufs(piece for sound in sounds for piece in pieces_of(sound, 777))
    theirs = measured(b"".join(sound.pcm for sound in sounds), AudioFormat(rate_hz)).loudness_lufs
    assert ours == pytest.approx(theirs, abs=0.15)


def test_more_channels_of_the_same_are_not_louder() -> None:
    sound = tone(2.0)
    assert loudness_lufs([with_channels(sound, 2)]) == loudness_lufs([sound])


@pytest.mark.parametrize("sound", [silence(AudioFormat(48_000), 3.0), tone(0.2), tone(0.0)])
def test_silence_and_what_is_too_short_have_none(sound: Chunk) -> None:
    assert loudness_lufs([sound]) is None


def test_without_the_library_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loudness, "LIBRARY", "libebur128.so.absent")
    loudness._library.cache_clear()
    try:
        assert not loudness.can_measure()
        assert loudness_lufs([tone(3.0)]) is None
    finally:
        loudness._library.cache_clear()


def test_six_decibels_are_six() -> None:
    sound = tone(3.0)
    half = Chunk(sound.format, (np.frombuffer(sound.pcm, "<i2") // 2).astype("<i2").tobytes())
    louder, quieter = loudness_lufs([sound]), loudness_lufs([half])
    assert louder is not None
    assert quieter is not None
    assert louder - quieter == pytest.approx(20 * math.log10(2), abs=0.05)
