"""Promises of the arithmetic on samples."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxd.audio.pcm import amplitude, gain, mono, samples, to_int16, with_channels
from voxd.model.audio import AudioFormat, Chunk

MONO = AudioFormat(22050)
STEREO = AudioFormat(22050, 2)


def chunk_of(*values: int, kind: AudioFormat = MONO) -> Chunk:
    return Chunk(kind, struct.pack(f"<{len(values)}h", *values))


def test_full_volume_returns_the_very_same_bytes() -> None:
    chunk = chunk_of(1, -32768, 32767)
    assert gain(chunk, 100) is chunk


def test_half_the_volume_is_an_eighth_of_the_amplitude() -> None:
    assert amplitude(50) == pytest.approx(0.125)
    assert gain(chunk_of(8000, -8000), 50) == chunk_of(1000, -1000)


def test_no_volume_is_silence_of_the_same_length() -> None:
    assert gain(chunk_of(5, -7, 32767), 0) == chunk_of(0, 0, 0)


@given(st.lists(st.integers(-32768, 32767), max_size=50), st.floats(0, 100))
def test_a_volume_never_makes_a_sample_louder(values: list[int], volume: float) -> None:
    quieter = gain(chunk_of(*values), volume)
    assert all(abs(int(a)) <= abs(b) for a, b in zip(samples(quieter).ravel(), values, strict=True))


def test_16_bit_pcm_stays_as_it_is() -> None:
    pcm = b"\x01\x02\x03\x04"
    assert to_int16(pcm, 2) is pcm


@pytest.mark.parametrize(
    ("width", "pcm", "expected"),
    [
        (1, b"\x80\x00\xff", (0, -32768, 127 << 8)),
        (3, (0x123456).to_bytes(3, "little"), (0x1234,)),
        (3, (-256).to_bytes(3, "little", signed=True), (-1,)),
        (3, (0x7FFFFF).to_bytes(3, "little"), (32767,)),
        (4, struct.pack("<ii", 0x12348000, -(2**31)), (0x1235, -32768)),
    ],
)
def test_other_widths_are_rounded_to_16_bit(width: int, pcm: bytes, expected: tuple[int, ...]) -> None:
    assert to_int16(pcm, width) == chunk_of(*expected).pcm


def test_a_width_that_pcm_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 4 bytes"):
        to_int16(b"", 5)


def test_stereo_becomes_mono_as_the_mean() -> None:
    assert mono(chunk_of(100, 200, -32768, -32768, kind=STEREO)) == chunk_of(150, -32768)


def test_mono_is_given_to_every_channel_unchanged() -> None:
    assert with_channels(chunk_of(7, -9), 2) == chunk_of(7, 7, -9, -9, kind=STEREO)


def test_the_right_number_of_channels_is_left_alone() -> None:
    chunk = chunk_of(1, 2, kind=STEREO)
    assert with_channels(chunk, 2) is chunk


def test_an_empty_chunk_survives_everything() -> None:
    empty = Chunk(STEREO, b"")
    assert mono(gain(empty, 50)).pcm == b""
    assert np.array_equal(samples(empty), np.zeros((0, 2)))
