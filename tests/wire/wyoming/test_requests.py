"""What is understood of a client's events."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wyoming.event import Event
from wyoming.tts import Synthesize, SynthesizeStart, SynthesizeVoice

from voxd.errors import ProtocolError
from voxd.wire.wyoming.requests import understood


def test_a_text_with_a_voice_is_understood() -> None:
    data = {"text": "hello", "voice": {"name": "mum", "speaker": None}, "context": {"any": ["thing"]}}
    asked = understood(Event("synthesize", data))
    assert isinstance(asked, Synthesize)
    assert (asked.text, asked.voice) == ("hello", SynthesizeVoice(name="mum"))


@pytest.mark.parametrize("voice", [None, {}, {"name": None}, {"unknown": 1}])
def test_a_voice_that_says_nothing_is_no_voice(voice: object) -> None:
    asked = understood(Event("synthesize-start", {"voice": voice}))
    assert isinstance(asked, SynthesizeStart)
    assert asked.voice is None


def test_events_of_others_are_nobody_s_request() -> None:
    assert understood(Event("run-pipeline", {"text": 5})) is None


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("synthesize", {}),
        ("synthesize", {"text": None}),
        ("synthesize", {"text": {}}),
        ("synthesize", {"text": ["a"]}),
        ("synthesize", {"text": "a", "voice": "mum"}),
        ("synthesize", {"text": "a", "voice": {"name": 5}}),
        ("synthesize", {"text": "a", "voice": {"language": []}}),
        ("synthesize", {"text": "a", "text_format": 5}),
        ("synthesize-start", {"voice": [1]}),
        ("synthesize-start", {"text_format": {}}),
        ("synthesize-chunk", {}),
        ("synthesize-chunk", {"text": 5}),
        ("ping", {"text": {}}),
        ("select-program", {}),
        ("select-program", {"name": 7}),
    ],
)
def test_wrong_types_are_a_protocol_error_that_names_the_key(kind: str, data: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError, match=r"'[a-z_]+'"):
        understood(Event(kind, data))


KINDS = ["describe", "ping", "select-program", "synthesize", "synthesize-start", "synthesize-chunk", "synthesize-stop"]
VALUES = st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["name", "language", "speaker"]), inner), max_leaves=5)  # fmt: skip


@given(
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(["text", "voice", "text_format", "name", "context"]), VALUES),
)
def test_whatever_data_comes_is_understood_or_a_protocol_error(kind: str, data: dict[str, Any]) -> None:
    with contextlib.suppress(ProtocolError):
        assert understood(Event(kind, data)) is not None
