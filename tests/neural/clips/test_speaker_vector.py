"""Speaker vectors tell who speaks, whatever is said and however loud."""

from itertools import combinations

import numpy as np
import pytest
from sound_files import Sound, encoded, spoken

from voxd.errors import BadRequestError
from voxd.neural.clips.service import ClipService

VOICES = ("en-us", "en-us+f2", "en-us+whisper")
TEXTS = (
    "The washing machine in the basement has finished its cycle. Someone is at the front door right now.",
    "Please remember to take the umbrella with you, because it will rain in the afternoon.",
)
Said = tuple[Sound, int]


@pytest.fixture(scope="module")
def vectors(service: ClipService) -> dict[tuple[str, int], tuple[float, ...]]:
    return {
        (voice, number): service.vector(encoded(*spoken(voice, text))).vector
        for voice in VOICES
        for number, text in enumerate(TEXTS)
    }


def test_one_voice_is_known_again_in_another_text(vectors: dict[tuple[str, int], tuple[float, ...]]) -> None:
    assert min(np.dot(vectors[voice, 0], vectors[voice, 1]) for voice in VOICES) > 0.9


def test_different_voices_are_told_apart(vectors: dict[tuple[str, int], tuple[float, ...]]) -> None:
    pairs = [(one, other) for one, other in combinations(vectors, 2) if one[0] != other[0]]
    assert max(np.dot(vectors[one], vectors[other]) for one, other in pairs) < 0.85


def test_a_vector_has_256_numbers_and_length_1(vectors: dict[tuple[str, int], tuple[float, ...]]) -> None:
    for vector in vectors.values():
        assert len(vector) == 256
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_loudness_makes_no_difference(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    loud, quiet = (service.vector(encoded(samples * gain, rate_hz, subtype="PCM_32")) for gain in (1.0, 0.05))
    assert np.dot(loud.vector, quiet.vector) > 0.9999
    assert quiet.voiced_s == loud.voiced_s


def test_a_clip_has_the_vector_of_its_wav(service: ClipService, said: Said) -> None:
    ready, wav = service.clip(encoded(*said))
    assert service.vector(wav).vector == ready.vector


def test_silence_around_the_speech_does_not_count(service: ClipService, said: Said) -> None:
    samples, rate_hz = said
    alone, padded = (service.vector(encoded(np.pad(samples, s * rate_hz), rate_hz)) for s in (0, 4))
    assert np.dot(alone.vector, padded.vector) > 0.98
    assert padded.voiced_s == pytest.approx(alone.voiced_s, abs=0.3)


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.3])
def test_too_little_speech_has_no_vector(service: ClipService, said: Said, seconds: float) -> None:
    samples, rate_hz = said
    found = service.vector(encoded(samples[: round(seconds * rate_hz)], rate_hz))
    assert found.vector == ()
    assert found.voiced_s < 0.6


def test_the_vector_of_no_wav_is_refused(service: ClipService) -> None:
    with pytest.raises(BadRequestError, match="not a WAV"):
        service.vector(b"hello")
