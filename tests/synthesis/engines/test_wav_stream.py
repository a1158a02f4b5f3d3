"""The head of a WAV stream: read as soon as it is there, however it is cut, and never trusted."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxd.errors import EngineError
from voxd.model.audio import AudioFormat
from voxd.synthesis.engines import wav_stream

ESPEAK = bytes.fromhex("5249464624f0ff7f57415645666d742010000000010001002256000044ac0000020010006461746100f0ff7f")


def with_format(tag: int, channels: int, rate_hz: int, bits: int) -> bytes:
    return ESPEAK[:20] + struct.pack("<HHIIHH", tag, channels, rate_hz, 0, 0, bits) + ESPEAK[36:]


def test_espeaks_head_with_its_made_up_sizes_is_read() -> None:
    assert wav_stream.head(ESPEAK + b"\1\2") == (AudioFormat(22050), 44)


@pytest.mark.parametrize("length", range(44))
def test_a_head_that_is_not_all_there_is_waited_for(length: int) -> None:
    assert wav_stream.head(ESPEAK[:length]) is None


def test_other_chunks_before_the_samples_are_skipped() -> None:
    data = ESPEAK[:36] + b"LIST\x03\0\0\0abc\0" + ESPEAK[36:]
    assert wav_stream.head(data) == (AudioFormat(22050), 56)


@pytest.mark.parametrize(
    "data",
    [
        b"ID3 this is an mp3",
        b"RIFF\0\0\0\0AVI ",
        with_format(3, 1, 22050, 32),
        with_format(1, 1, 22050, 8),
        with_format(1, 0, 22050, 16),
        with_format(1, 99, 22050, 16),
        with_format(1, 1, 0, 16),
        ESPEAK[:12] + ESPEAK[36:] + bytes(100),
    ],
    ids=["mp3", "avi", "float", "8 bit", "no channel", "99 channels", "0 Hz", "no format"],
)
def test_anything_but_16_bit_pcm_is_an_engine_error(data: bytes) -> None:
    with pytest.raises(EngineError):
        wav_stream.head(data)


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: ESPEAK[:12] + tail))
def test_any_bytes_are_a_head_or_too_few_or_an_engine_error(data: bytes) -> None:
    try:
        found = wav_stream.head(data)
    except EngineError:
        return
    assert found is None or found[1] <= len(data)
