"""What is heard of what servers send, and what of it is told."""

from pathlib import Path

import pytest

from voxd.errors import ProtocolError
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.synthesis.engine import Sentence
from voxd.synthesis.engines.remote.discretion import Discretion
from voxd.synthesis.engines.remote.hearing import Hearing, RunawayError

FORMAT = AudioFormat(16_000)
NOISE = Chunk(FORMAT, b"\x10\x27" * 16_000)
SILENCE = Chunk(FORMAT, bytes(32_000))
NOTHING = Chunk(FORMAT, b"")


def hearing(text: str = "Hello", rate: float = 1.0) -> Hearing:
    """Somebody who listens to that sentence."""
    return Hearing(Sentence(text, Voice(VoiceId("test"), "gpu", "anna", ("en",)), "en", rate))


def test_silence_before_the_first_sound_is_held_back_and_then_given() -> None:
    listening = hearing()
    assert listening.heard(SILENCE) == []
    assert listening.heard(NOTHING) == []
    assert not listening.sounded
    assert listening.heard(NOISE) == [SILENCE, NOISE]
    assert listening.heard(SILENCE) == [SILENCE], "a pause is one"
    listening.check_ended()


@pytest.mark.parametrize(("chunk", "told"), [(SILENCE, "answered with silence"), (NOTHING, "without any sound")])
def test_an_end_without_a_sound_is_a_failure(chunk: Chunk, told: str) -> None:
    listening = hearing()
    listening.heard(chunk)
    with pytest.raises(ProtocolError, match=told):
        listening.check_ended()


@pytest.mark.parametrize("begun", [True, False])
def test_silence_without_end_is_a_failure_also_in_mid_stream(begun: bool) -> None:
    listening = hearing("A long sentence. " * 10)
    if begun:
        listening.heard(NOISE)
    for _ in range(10):
        listening.heard(SILENCE)
    with pytest.raises(ProtocolError, match="10 s of silence"):
        listening.heard(SILENCE)


def seconds(listening: Hearing) -> int:
    """How much of an endless sound is heard."""
    for second in range(1000):
        try:
            listening.heard(NOISE)
        except RunawayError:
            return second
    raise AssertionError("it did not end")


def test_a_sound_that_is_far_longer_than_its_sentence_has_run_away() -> None:
    assert seconds(hearing("x" * 10)) == 30
    assert seconds(hearing("x" * 10, rate=0.5)) == 40
    assert seconds(hearing("x" * 10, rate=2.0)) == 30
    assert seconds(hearing("x" * 10_000)) == 600


def test_a_sound_is_of_one_format_and_of_whole_frames() -> None:
    listening = hearing()
    listening.heard(NOISE)
    with pytest.raises(ProtocolError, match="format"):
        listening.heard(Chunk(AudioFormat(24_000), NOISE.pcm))
    with pytest.raises(ProtocolError, match="frame"):
        listening.heard(Chunk(FORMAT, b"\x10\x27\x10"))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no key correct-horse here", "no key (token) here"),
        ("you sent: Bearer correct-h…", "you sent: Bearer (token)…"),
        ("a correct answer…", "a correct answer…"),
    ],
)
def test_a_token_is_told_neither_whole_nor_cut_off(said: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("correct-horse\n")
    assert Discretion(file).hide(said) == told
    assert Discretion(None).hide(said) == said
    file.unlink()
    assert Discretion(file).hide(said) == said
