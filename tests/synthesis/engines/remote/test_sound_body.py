"""The sound in an answer's body: read as soon as it is there, however it is cut, and never trusted."""

import struct
from collections.abc import AsyncIterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxd.audio.wav import wav_bytes
from voxd.errors import ProtocolError
from voxd.model.audio import AudioFormat, Chunk
from voxd.synthesis.engines.remote.sound_body import SoundBody, sound
from voxd.synthesis.engines.remote.sound_form import SoundForm

PCM = np.arange(-3000, 3000, 7, dtype="<i2").tobytes()
WAV = wav_bytes(Chunk(AudioFormat(24_000), PCM))
BARE = SoundForm(22_050)


def made(length: int | None = None, tag: int = 1, bits: int = 16, data: bytes = PCM, channels: int = 1) -> bytes:
    """A WAV whose head says what it likes."""
    fmt = struct.pack("<HHIIHH", tag, channels, 24_000, 24_000 * channels * bits // 8, channels * bits // 8, bits)
    said = len(data) if length is None else length
    return b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + fmt + b"data" + struct.pack("<I", said) + data


def read(pieces: list[bytes], bare: SoundForm | None = None) -> tuple[AudioFormat, bytes]:
    """The one format and all samples of a body."""
    body = SoundBody(bare)
    chunks = [chunk for piece in pieces if (chunk := body.read(piece))]
    chunks += [chunk for chunk in [body.end()] if chunk]
    formats = {chunk.format for chunk in chunks}
    assert len(formats) == 1
    return formats.pop(), b"".join(chunk.pcm for chunk in chunks)


@given(st.lists(st.integers(0, len(WAV)), max_size=30), st.booleans())
def test_a_wav_cut_anywhere_is_the_same_sound(cuts: list[int], bare: bool) -> None:
    at = [0, *sorted(cuts), len(WAV)]
    pieces = [WAV[begin:end] for begin, end in pairwise(at)]
    assert read(pieces, BARE if bare else None) == (AudioFormat(24_000), PCM)


@pytest.mark.parametrize("length", [0, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF - 36, 10, 1000])
def test_a_wav_with_a_made_up_length_is_heard_to_its_end(length: int) -> None:
    body = made(length)
    assert read([body])[1] == PCM
    assert read([body[at : at + 5] for at in range(0, len(body), 5)])[1] == PCM


def test_notes_behind_the_samples_are_not_heard() -> None:
    assert read([WAV + b"LIST\x1a\0\0\0INFOISFT\x0e\0\0\0Lavf60.16.100\0"])[1] == PCM
    notes = WAV + b"LIST\x04\0\0\0abcd" + b"id3 \x03\0\0\0abc\0"
    for size in (1, 7, len(notes)):
        twice = [(notes * 2)[at : at + size] for at in range(0, 2 * len(notes), size)]
        assert read(twice)[1] == PCM * 2, "one WAV a sentence, each with notes behind it"
    assert read([notes, b"what nobody knows", PCM])[1] == PCM
    assert read([made(0, data=b"")[:36] + b"LIST\x04\0\0\0abcd" + made()[36:]])[1] == PCM


def test_a_wav_for_each_sentence_is_one_sound_without_the_heads() -> None:
    body = WAV * 3
    assert read([body]) == (AudioFormat(24_000), PCM * 3)
    assert read([body[at : at + 7] for at in range(0, len(body), 7)])[1] == PCM * 3


def test_another_format_in_mid_sentence_is_a_failure() -> None:
    with pytest.raises(ProtocolError, match="changes the format"):
        read([WAV, wav_bytes(Chunk(AudioFormat(16_000), PCM))])


@pytest.mark.parametrize(("tag", "bits", "kind"), [(1, 8, "u1"), (1, 24, ""), (1, 32, "<i4"), (3, 32, "<f4")], ids=str)
def test_samples_of_other_widths_become_16_bit(tag: int, bits: int, kind: str) -> None:
    wave = np.sin(np.arange(2400) / 20) * 0.5
    match bits, tag:
        case 8, _:
            data = np.rint(wave * 127 + 128).astype("u1").tobytes()
        case 24, _:
            data = b"".join(int(value * 8388607).to_bytes(3, "little", signed=True) for value in wave)
        case _, 1:
            data = np.rint(wave * 2147483647).astype(kind).tobytes()
        case _:
            data = wave.astype(kind).tobytes()
    body = made(0, tag, bits, data)
    heard = np.frombuffer(read([body[:50], body[50:53], body[53:]])[1], dtype="<i2")
    assert np.abs(heard / 32768 - wave).max() < (0.01 if bits == 8 else 0.0001)


def test_floats_beyond_full_scale_and_no_numbers_are_bounded() -> None:
    data = np.array([2.0, -2.0, np.nan, np.inf, -np.inf, 1.0, 0.5], dtype="<f4").tobytes()
    heard = np.frombuffer(read([made(None, 3, 32, data)])[1], dtype="<i2")
    assert heard.tolist() == [32767, -32768, 0, 32767, -32768, 32767, 16384]


def test_samples_without_a_head_are_read_as_they_were_described() -> None:
    assert read([PCM[:3], PCM[3:100], PCM[100:]], BARE) == (AudioFormat(22_050), PCM)
    assert read([PCM + b"\1"], BARE)[1] == PCM, "half a sample at the end is nothing"
    assert read([b"\1\2"], BARE)[1] == b"\1\2"


def test_stereo_is_cut_at_whole_frames() -> None:
    body = made(None, channels=2)
    assert read([body[:47], body[47:49], body[49:]])[0] == AudioFormat(24_000, 2)


@pytest.mark.parametrize("bare", [None, BARE], ids=["wav", "pcm"])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": {"message": "CUDA out of memory", "code": 500}}', "words in place of sound: CUDA out of memory"),
        ('{"code":"错误", "message": "文本为空"}'.encode(), "文本为空"),
        (b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>", "502 Bad Gateway nginx"),
        (b"Internal Server Error", "Internal Server Error"),
        (b"ID3\x04\0\0\0\0\0\0" + bytes(100), "mp3"),
        (b"OggS\0\2" + bytes(100), "ogg or opus"),
        (b"fLaC\0\0\0\x22" + bytes(100), "flac"),
        (b"", "no sound"),
        (made(data=b""), "no sound"),
        (WAV[:40], "head of a WAV|no sound"),
        (WAV[:-100], "broke off, 100 bytes"),
        (made(tag=7, bits=8), r"format 7, 8 bits"),
        (made(tag=3, bits=64), r"format 3, 64 bits"),
        (b"RIFF\0\0\0\0WAVE" + b"JUNK\xff\xff\0\0" + bytes(70_000), "beginning cannot be read"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_is_no_sound_is_refused_in_a_sentence(body: bytes, said: str, bare: SoundForm | None) -> None:
    if body == WAV[:40] and bare:
        return
    for size in (1, 13, 100_000):
        with pytest.raises(ProtocolError, match=said):
            read([body[at : at + size] for at in range(0, len(body), size)], bare)


def test_mp3_without_tags_is_refused_by_its_first_bytes_or_by_its_kind() -> None:
    with pytest.raises(ProtocolError, match="mp3"):
        read([b"\xff\xfb\x90\x64" + bytes(400)])
    assert read([b"\xff\xfb\x90\x64"], BARE)[1], "a sample may well be that"


async def test_a_body_is_heard_while_it_comes() -> None:
    taken: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(WAV), 300):
            taken.append(at)
            yield WAV[at : at + 300]

    chunks = [(chunk, len(taken)) async for chunk in sound(pieces())]
    assert chunks[0][1] == 1, "the first piece is heard before the second is asked for"
    assert b"".join(chunk.pcm for chunk, _ in chunks) == PCM
    with pytest.raises(ProtocolError, match="it sends mpeg"):
        async for _ in sound(pieces(), BARE, "audio/mpeg"):
            pass
