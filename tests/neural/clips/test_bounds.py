"""Whatever a file promises or unfolds to, reading it takes little memory, and gives a sound or a refusal."""

import struct
import tracemalloc
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sound_files import Sound, encoded, silent_flac

from voxd.errors import BadRequestError
from voxd.neural.clips.reading import read
from voxd.neural.clips.service import ClipService

Said = tuple[Sound, int]
MUTATED = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CHANGES = st.lists(st.tuples(st.integers(0, 2**20), st.binary(min_size=1, max_size=8)), min_size=1, max_size=8)
WAV_HEADER, FLAC_FRAMES = 44, slice(18, 26)
SUBTYPES = {"WAV": "PCM_16", "FLAC": "PCM_16", "OGG": "VORBIS", "MP3": "MPEG_LAYER_III", "CAF": "PCM_16"}


@pytest.fixture(scope="module")
def files(said: Said) -> dict[str, bytes]:
    """Two seconds of speech as a file of each kind."""
    samples, rate_hz = said
    return {kind: encoded(samples[: 2 * rate_hz], rate_hz, kind, subtype) for kind, subtype in SUBTYPES.items()}


def read_or_refused(service: ClipService, data: bytes) -> None:
    try:
        ready, _ = service.clip(data)
    except BadRequestError:
        return
    assert np.isfinite(ready.vector).all()


def mutated(data: bytes, changes: list[tuple[int, bytes]], within: int) -> bytes:
    changed = bytearray(data)
    for at, new in changes:
        at %= within  # noqa: PLW2901 - any number is a place
        changed[at : at + len(new)] = new
    return bytes(changed)


def test_hours_that_were_packed_into_a_small_file_are_not_unfolded() -> None:
    flac = silent_flac(3 * 3600)
    assert len(flac) < 2_000_000
    tracemalloc.start()
    try:
        with pytest.raises(BadRequestError, match="3 h 00 min"):
            read(flac)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_header_that_promises_weeks_costs_nothing(said: Said) -> None:
    flac = bytearray(encoded(*said, "FLAC"))
    assert int.from_bytes(flac[FLAC_FRAMES]) % 2**36 == len(said[0])
    flac[FLAC_FRAMES] = (int.from_bytes(flac[FLAC_FRAMES]) | 2**36 - 1).to_bytes(8)
    tracemalloc.start()
    try:
        with pytest.raises(BadRequestError, match="FLAC file is damaged"):
            read(bytes(flac))
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("promised", [0x7FFFF000, 0xFFFFFFFF])
def test_a_wav_from_a_pipe_is_read_to_its_end(said: Said, promised: int) -> None:
    wav = bytearray(encoded(*said))
    wav[4:8] = wav[40:44] = struct.pack("<I", promised)
    recording = read(bytes(wav))
    assert recording.duration_s == recording.promised_s == pytest.approx(len(said[0]) / said[1])


@MUTATED
@given(changes=CHANGES)
def test_a_wav_with_a_changed_header_is_read_or_refused(
    service: ClipService, files: dict[str, bytes], changes: list[tuple[int, bytes]]
) -> None:
    read_or_refused(service, mutated(files["WAV"], changes, WAV_HEADER))


@MUTATED
@given(changes=CHANGES, kind=st.sampled_from(sorted(SUBTYPES)), kept=st.floats(0.01, 1))
def test_a_file_of_any_kind_with_changes_anywhere_is_read_or_refused(
    service: ClipService, files: dict[str, bytes], changes: list[tuple[int, bytes]], kind: str, kept: float
) -> None:
    data = files[kind]
    read_or_refused(service, mutated(data, changes, len(data))[: round(kept * len(data))])


@MUTATED
@given(changes=CHANGES)
def test_a_vector_is_given_or_refused_whatever_the_wav(
    service: ClipService, files: dict[str, bytes], changes: list[tuple[int, bytes]]
) -> None:
    with suppress(BadRequestError):
        service.vector(mutated(files["WAV"], changes, WAV_HEADER))
