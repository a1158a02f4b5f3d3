"""Whatever a recording came as, its clip is mono at 48 kHz, trimmed, at one loudness, and what was done is told."""

import numpy as np
import pytest
from reference_clips import speech
from sound_files import Sound, decoded, encoded, spoken

from voxd.neural.clips.loudness import PEAK_MAX_DB, TARGET_LUFS, loudness_lufs, true_peak
from voxd.neural.clips.service import PREPROCESSING, ClipService

Said = tuple[Sound, int]


def likeness(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return float(np.dot(one, other))


@pytest.mark.parametrize(
    ("kind", "subtype", "named"),
    [
        ("WAV", "PCM_16", "WAV"),
        ("WAV", "PCM_24", "WAV"),
        ("WAV", "FLOAT", "WAV"),
        ("WAVEX", "PCM_16", "WAV"),
        ("RF64", "PCM_16", "WAV"),
        ("W64", "PCM_16", "Wave64"),
        ("FLAC", "PCM_24", "FLAC"),
        ("OGG", "VORBIS", "Ogg"),
        ("MP3", "MPEG_LAYER_III", "MP3"),
        ("AIFF", "PCM_16", "AIFF"),
        ("CAF", "PCM_16", "CAF"),
        ("AU", "PCM_16", "AU"),
    ],
)
def test_every_kind_of_file_gives_the_same_voice(
    service: ClipService, said: Said, kind: str, subtype: str, named: str
) -> None:
    samples, rate_hz = said
    ready, wav = service.clip(encoded(samples, rate_hz, kind, subtype))
    assert (ready.kind, ready.rate_hz, ready.channels, ready.notes) == (named, rate_hz, 1, ())
    assert ready.preprocessing == PREPROCESSING
    assert ready.original_s == pytest.approx(len(samples) / rate_hz, abs=0.1)
    assert likeness(ready.vector, service.clip(speech())[0].vector) > 0.98
    assert wav[:4] == b"RIFF"


def test_opus_is_read_too(service: ClipService, said: Said) -> None:
    ready, _ = service.clip(encoded(said[0], 24_000, "OGG", "OPUS"))
    assert (ready.kind, ready.notes) == ("Ogg", ())


def test_the_clip_is_mono_at_48_khz_at_one_loudness(service: ClipService, said: Said) -> None:
    for gain in (0.05, 1.0):
        ready, wav = service.clip(encoded(said[0] * gain, said[1], subtype="PCM_24"))
        samples, rate_hz = decoded(wav)
        assert (rate_hz, samples.ndim) == (48_000, 1)
        assert ready.duration_s == pytest.approx(len(samples) / rate_hz, abs=0.001)
        assert TARGET_LUFS - 1 < loudness_lufs(samples) < TARGET_LUFS + 0.1
        assert 20 * np.log10(true_peak(samples)) < PEAK_MAX_DB + 0.01


def test_the_same_file_gives_the_same_clip(service: ClipService) -> None:
    data = speech()
    assert service.clip(data) == service.clip(data)


def test_silence_before_and_after_the_speech_is_cut_off_but_for_a_breath(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    sounding = np.flatnonzero(np.abs(samples) > 0.01)
    speech_s = (sounding[-1] - sounding[0]) / rate_hz
    ready, _ = service.clip(encoded(np.pad(samples, 3 * rate_hz), rate_hz))
    assert speech_s < ready.duration_s < speech_s + 0.7


def test_words_that_are_only_whispered_are_not_cut_off(service: ClipService) -> None:
    text = "Hello there, how are you today? " * 3
    samples, rate_hz = spoken("en-us+whisper", text)
    sounding = np.flatnonzero(np.abs(samples) > 0.03 * np.abs(samples).max())
    ready, _ = service.clip(encoded(np.pad(samples, rate_hz), rate_hz))
    assert ready.duration_s > (sounding[-1] - sounding[0]) / rate_hz


def test_8_bits_are_taken_and_told(service: ClipService, said: Said) -> None:
    ready, _ = service.clip(encoded(*said, subtype="PCM_U8"))
    assert ["8 bits" in note for note in ready.notes] == [True]


def test_the_rate_of_a_telephone_is_taken_and_told(service: ClipService, said: Said) -> None:
    ready, _ = service.clip(encoded(said[0][::2], said[1] // 2))
    assert ["11025 Hz" in note for note in ready.notes] == [True]


def test_speech_in_the_centre_of_5_1_is_found(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    surround = np.zeros((len(samples), 6), dtype=np.float32)
    surround[:, 2] = samples
    ready, wav = service.clip(encoded(surround, rate_hz))
    assert ready.channels == 6
    assert ready.notes == ("Its 6 channels were mixed into one.",)
    assert wav == service.clip(encoded(samples, rate_hz))[1]


def test_channels_that_are_mirror_images_do_not_silence_each_other(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    ready, wav = service.clip(encoded(np.stack([samples, -0.9 * samples], axis=1), rate_hz))
    assert ["cancel each other out" in note for note in ready.notes] == [True]
    assert wav == service.clip(encoded(samples, rate_hz))[1]


def test_an_offset_is_taken_away(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    _, wav = service.clip(encoded(samples * 0.5 + 0.4, rate_hz, subtype="FLOAT"))
    assert abs(decoded(wav)[0].mean()) < 0.001


def test_float_samples_may_go_beyond_full_scale(service: ClipService, said: Said) -> None:
    ready, _ = service.clip(encoded(said[0] * 32768, said[1], subtype="FLOAT"))
    assert ready.notes == ()


@pytest.mark.parametrize(
    ("changed", "noted"),
    [
        (lambda samples, _: np.clip(2 * samples / np.abs(samples).max(), -1, 1), "overdriven in places"),
        (lambda samples, _: samples * 0.01, "very quiet: its loudest sample is -4"),
        (lambda samples, rate_hz: samples[: 2 * rate_hz], "s of speech, too little"),
        (lambda samples, _: np.tile(samples, 3), "It lasts 25 s"),
    ],
)
def test_what_could_be_better_is_noted(service: ClipService, said: Said, changed: object, noted: str) -> None:
    assert callable(changed)
    ready, _ = service.clip(encoded(changed(*said), said[1]))
    assert [noted in note for note in ready.notes] == [True]


def test_noise_that_would_be_copied_is_noted_with_its_figure(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    padded = np.pad(samples, 2 * rate_hz)
    noise = np.random.default_rng(3).normal(0, 0.3 * np.sqrt(np.mean(samples**2)), len(padded))
    ready, _ = service.clip(encoded((padded + noise) / 2, rate_hz))
    assert ["noisy: its speech is 1" in note for note in ready.notes] == [True]


def test_a_file_that_was_cut_off_is_taken_and_told(service: ClipService, said: Said) -> None:
    whole = encoded(*said)
    ready, _ = service.clip(whole[: len(whole) // 2])
    assert ["cut off or damaged: 4.2 s of 8.5 s" in note for note in ready.notes] == [True]
