"""Promises of the frames between daemon and audio child."""

import io

import pytest

from voxd.delivery.outputs.child_wire import HEADER, PCM, WORDS, pcm_frame, read_frame, words, words_frame


def test_frames_come_back_as_they_were_sent_until_the_end() -> None:
    wire = io.BytesIO(pcm_frame(b"\x01\x02") + words_frame({"do": "open"}) + pcm_frame(b""))
    assert read_frame(wire.read) == (PCM, b"\x01\x02")
    kind, payload = read_frame(wire.read) or (b"", b"")
    assert (kind, words(payload)) == (WORDS, {"do": "open"})
    assert read_frame(wire.read) == (PCM, b"")
    assert read_frame(wire.read) is None


def test_a_frame_cut_short_is_the_end() -> None:
    assert read_frame(io.BytesIO(pcm_frame(b"\x01\x02")[:-1]).read) is None


@pytest.mark.parametrize("head", [HEADER.pack(b"X", 1), HEADER.pack(PCM, 1 << 30)])
def test_a_frame_of_another_kind_or_beyond_the_bound_is_refused(head: bytes) -> None:
    with pytest.raises(ValueError, match="no frame of ours"):
        read_frame(io.BytesIO(head).read)


def test_words_are_an_object() -> None:
    with pytest.raises(ValueError, match="JSON object"):
        words(b"[1]")
