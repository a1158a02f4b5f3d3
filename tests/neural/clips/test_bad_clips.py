"""Clips that no voice can be made from are refused with a sentence that their owner understands."""

import re

import numpy as np
import pytest
from reference_clips import speech
from sound_files import Sound, encoded, silent_flac

from voxd.errors import BadRequestError
from voxd.neural.clips.service import ClipService

Said = tuple[Sound, int]


def refusal(service: ClipService, data: bytes) -> str:
    """The sentence with which a clip is refused."""
    with pytest.raises(BadRequestError) as refused:
        service.clip(data)
    sentence = str(refused.value)
    assert sentence[0].isupper()
    return sentence


def test_an_empty_file_is_called_empty(service: ClipService) -> None:
    assert refusal(service, b"") == "This file is empty"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"Dear diary, today I recorded my voice.\n" * 40, "text"),
        ("Grüße aus Köln\n".encode() * 40, "text"),
        ("text of another system".encode("utf-16"), "text"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "a web page"),
        (b'{"error": "not found"}', "JSON text"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(500), "a picture"),
        (b"PK\x03\x04" + bytes(500), "an archive"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
    ],
)
def test_a_file_that_was_renamed_is_called_what_it_is(service: ClipService, data: bytes, what: str) -> None:
    assert refusal(service, data) == f"This is {what}, not a recording, whatever its name says"


def test_bytes_that_are_no_sound_at_all_are_answered_with_the_kinds_that_are(service: ClipService) -> None:
    data = np.random.default_rng(4).bytes(5000)
    assert "WAV, FLAC, Ogg or MP3" in refusal(service, b"\x00" + data)


@pytest.mark.parametrize("kept", [12, 20, 30, 40])
def test_a_header_that_ends_too_early_is_called_damage(service: ClipService, kept: int) -> None:
    assert "WAV file is damaged or cut off" in refusal(service, speech()[:kept])


def test_a_header_without_sound_is_told(service: ClipService) -> None:
    assert "holds no sound" in refusal(service, speech()[:44])


def test_a_clip_of_a_fifth_of_a_second_is_too_short(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    sentence = refusal(service, encoded(samples[: rate_hz // 5], rate_hz))
    assert "lasts only 0.20 s" in sentence
    assert "5 to 20 seconds" in sentence


def test_a_long_clip_with_little_speech_is_too_short(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    word = np.concatenate([samples[: rate_hz * 8 // 10], np.zeros(5 * rate_hz, dtype=np.float32)])
    assert re.search(r"only 0\.[4-9] s of speech", refusal(service, encoded(word, rate_hz)))


@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_silence_is_told_also_beside_a_constant(service: ClipService, offset: float) -> None:
    assert "is silent" in refusal(service, encoded(np.full(5 * 48_000, offset), 48_000))


def test_what_is_almost_silence_is_told_with_its_level(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    assert re.search(
        r"silent: its loudest sample is -8[0-9] dB", refusal(service, encoded(samples * 1e-4, rate_hz, subtype="FLOAT"))
    )


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_counted(service: ClipService, said: Said, strange: float) -> None:
    samples, rate_hz = said[0].copy(), said[1]
    samples[5000:5003] = strange
    assert "no numbers (3 are NaN or infinite)" in refusal(service, encoded(samples, rate_hz, subtype="FLOAT"))


def test_three_hours_are_refused_with_their_length_and_hardly_decoded(service: ClipService) -> None:
    assert "lasts 3 h 00 min" in refusal(service, silent_flac(3 * 3600))


def test_more_than_a_minute_is_refused_with_its_length(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    assert re.search(r"lasts 7\d s", refusal(service, encoded(np.tile(samples, 9), rate_hz)))


def test_half_a_minute_of_speech_is_refused_instead_of_cut(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    sentence = refusal(service, encoded(np.tile(samples, 5), rate_hz))
    assert re.search(r"speech in this clip lasts 4\d s, 30 s at most", sentence)


def test_a_file_of_many_megabytes_is_refused_before_it_is_looked_at(service: ClipService) -> None:
    assert "33 MiB; a reference clip may have 32" in refusal(service, bytes(33 * 2**20))


@pytest.mark.parametrize(
    "samples",
    [
        0.3 * np.sin(np.arange(5 * 16_000) * 2 * np.pi * 440 / 16_000),
        np.random.default_rng(1).normal(0, 0.1, 5 * 16_000),
    ],
    ids=["tone", "noise"],
)
def test_a_sound_in_which_nobody_speaks_is_refused(service: ClipService, samples: Sound) -> None:
    assert "There is no speech in this clip" in refusal(service, encoded(samples, 16_000))


def test_an_overdriven_clip_is_refused_with_its_share(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    loud = np.clip(samples / np.abs(samples).max() * 6, -1, 1)
    assert re.search(r"overdriven: \d+% of its samples", refusal(service, encoded(loud, rate_hz)))


def test_a_clip_that_drowns_in_noise_is_refused_with_its_figures(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    quiet = np.pad(samples, 2 * rate_hz)
    noise = np.random.default_rng(2).normal(0, np.sqrt(np.mean(samples**2)), len(quiet))
    assert re.search(r"too noisy: its speech is only \d dB", refusal(service, encoded((quiet + noise) / 4, rate_hz)))


def test_an_impossible_rate_and_too_many_channels_are_told(service: ClipService, said: Said) -> None:
    samples, _ = said
    assert "4000 Hz" in refusal(service, encoded(samples, 4000))
    assert "16 channels" in refusal(service, encoded(np.tile(samples[:, None], 16), 48_000))
    assert "8 channels at 192000 Hz" in refusal(service, encoded(np.tile(samples[:, None], 8), 192_000))


def test_damage_in_the_middle_of_a_packed_file_is_told(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    flac = bytearray(encoded(samples, rate_hz, "FLAC"))
    flac[len(flac) // 2 : len(flac) // 2 + 200] = b"\x55" * 200
    assert "FLAC file is damaged" in refusal(service, bytes(flac))
