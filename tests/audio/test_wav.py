"""Promises of reading and writing WAV."""

import contextlib
import io
import struct
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxd.audio.wav import HEADER_BYTES, header, parse, wav_bytes
from voxd.errors import BadRequestError
from voxd.model.audio import AudioFormat, Chunk

SOUND = Chunk(AudioFormat(22050), bytes(range(200)))


def with_format(
    tag: int = 1,
    channels: int = 1,
    rate_hz: int = 8000,
    bits: int = 16,
    data: bytes = b"",
    frame: int | None = None,
) -> bytes:
    frame = channels * bits // 8 if frame is None else frame
    fmt = struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * frame, frame, bits)
    return b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", len(data)) + data


def test_what_is_written_can_be_read_by_others() -> None:
    with wave.open(io.BytesIO(wav_bytes(SOUND))) as other:
        assert (other.getframerate(), other.getnchannels(), other.getsampwidth()) == (22050, 1, 2)
        assert other.readframes(1000) == SOUND.pcm


@given(
    st.binary(max_size=400).map(lambda b: b[: len(b) // 4 * 4]),
    st.sampled_from([8000, 22050, 48000]),
    st.integers(1, 2),
)
def test_a_sound_survives_writing_and_reading(pcm: bytes, rate_hz: int, channels: int) -> None:
    chunk = Chunk(AudioFormat(rate_hz, channels), pcm)
    assert parse(wav_bytes(chunk)) == chunk


def test_the_header_has_44_bytes() -> None:
    assert len(header(SOUND.format, 200)) == HEADER_BYTES


@pytest.mark.parametrize("promised", [0xFFFFFFFF, 0x7FFFF000, 10**6])
def test_a_length_written_before_it_was_known_means_to_the_end(promised: int) -> None:
    data = wav_bytes(SOUND)[: HEADER_BYTES - 4] + struct.pack("<I", promised) + SOUND.pcm + b"odd"[:1]
    assert parse(data) == SOUND


def test_unknown_parts_and_their_padding_are_stepped_over() -> None:
    plain = wav_bytes(SOUND)
    assert parse(plain[:36] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + plain[36:]) == SOUND


def test_extensible_pcm_is_read() -> None:
    guid = bytes.fromhex("0100000000001000800000aa00389b71")
    body = struct.pack("<HHIIHH", 0xFFFE, 1, 8000, 16000, 2, 16) + struct.pack("<HHI", 22, 16, 4) + guid
    data = b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", 40) + body + b"data\x02\0\0\0\x05\0"
    assert parse(data) == Chunk(AudioFormat(8000), b"\x05\0")


def test_24_bits_become_16() -> None:
    assert parse(with_format(bits=24, data=b"\x00\x34\x12")).pcm == b"\x34\x12"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "does not begin with RIFF"),
        (b"RIFX" + wav_bytes(SOUND)[4:], "does not begin with RIFF"),
        (wav_bytes(SOUND)[:20], "fmt is too short"),
        (wav_bytes(SOUND)[:36], "part data is missing"),
        (b"RIFF\0\0\0\0WAVE", "part fmt is missing"),
        (with_format(tag=3, bits=32), "not format 3 with 32 bits"),
        (with_format(bits=12), "with 12 bits"),
        (with_format(rate_hz=0), "0 Hz"),
        (with_format(channels=64), "64 channels"),
        (with_format(frame=7), "frames of 7 bytes"),
        (bytes(64 * 1024 * 1024 + 1), "64 MiB at most"),
    ],
)
def test_what_is_no_usable_wav_is_refused_with_the_reason(data: bytes, said: str) -> None:
    with pytest.raises(BadRequestError, match=said):
        parse(data)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_chunk_or_a_refusal(data: bytes) -> None:
    with contextlib.suppress(BadRequestError):
        parse(b"RIFF\0\0\0\0WAVE" + data)
