"""A clip as a file: what goes in comes out, to the last bit or not at all, and anything can play it."""

import io
import wave

from hypothesis import given
from hypothesis import strategies as st

from voxd.audio import wav
from voxd.model.audio import AudioFormat, Clip
from voxd.synthesis import clip_file

KEY = "0123456789abcdef" * 4
FORMATS = st.builds(AudioFormat, st.integers(1000, 400_000), st.integers(1, 8))


@st.composite
def clips(draw: st.DrawFn) -> Clip:
    format_ = draw(FORMATS)
    return Clip(format_, draw(st.binary(max_size=64)) * format_.frame_bytes)


@given(clips())
def test_what_was_written_is_read(clip: Clip) -> None:
    assert clip_file.from_bytes(KEY, clip_file.to_bytes(KEY, clip)) == clip


@given(clips(), st.data())
def test_one_flipped_bit_anywhere_is_noticed(clip: Clip, data: st.DataObject) -> None:
    whole = bytearray(clip_file.to_bytes(KEY, clip))
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    assert clip_file.from_bytes(KEY, bytes(whole)) is None


@given(clips(), st.data())
def test_a_file_cut_short_or_grown_is_noticed(clip: Clip, data: st.DataObject) -> None:
    whole = clip_file.to_bytes(KEY, clip)
    assert clip_file.from_bytes(KEY, whole[: data.draw(st.integers(0, len(whole) - 1))]) is None
    assert clip_file.from_bytes(KEY, whole + b"\0\0") is None


@given(st.binary(max_size=300))
def test_foreign_bytes_are_no_clip(data: bytes) -> None:
    assert clip_file.from_bytes(KEY, data) is None


def test_a_clip_under_another_clips_name_is_no_clip() -> None:
    clip = Clip(AudioFormat(22050), b"\1\2\3\4")
    assert clip_file.from_bytes(KEY[::-1], clip_file.to_bytes(KEY, clip)) is None


def test_anything_that_reads_wav_can_play_it() -> None:
    clip = Clip(AudioFormat(44100, 2), b"\1\2\3\4" * 100)
    with wave.open(io.BytesIO(clip_file.to_bytes(KEY, clip))) as opened:
        assert (opened.getframerate(), opened.getnchannels(), opened.getsampwidth()) == (44100, 2, 2)
        assert opened.readframes(1000) == clip.pcm
    assert wav.parse(clip_file.to_bytes(KEY, clip)).pcm == clip.pcm
