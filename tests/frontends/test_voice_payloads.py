"""What strangers send about voices: read once, every mistake told."""

import base64
import json

import pytest

from voxd.errors import BadRequestError
from voxd.frontends import voice_payloads

CLIP = base64.b64encode(b"a recording").decode()


def payload(**fields: object) -> bytes:
    return json.dumps({"name": "mum", "clip": CLIP, "consent": "Anna"} | fields).encode()


def test_an_enrolment_is_read_with_all_its_options() -> None:
    wish, transaction = voice_payloads.enrolment(
        payload(
            transcript=" Hello\n there ",
            language="en_GB",
            engine="voxcpm",
            seed=7,
            fallbacks=["espeak-de", "dad"],
            transaction="t1",
        )
    )
    assert (wish.name, wish.clip, wish.consent, wish.origin) == ("mum", b"a recording", "Anna", "mqtt")
    assert (wish.transcript, wish.language, wish.engine) == ("Hello there", "en-GB", "voxcpm")
    assert (wish.seed, wish.fallbacks, transaction) == (7, ("espeak-de", "dad"), "t1")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "../mum"}, "cannot be the name of a voice"),
        ({"name": None}, "name is missing"),
        ({"name": 7}, "name must be a text"),
        ({"clip": None}, "clip is missing"),
        ({"clip": "no base64!"}, "clip must be a recording in base64"),
        ({"clip": ["x"]}, "clip must be a recording in base64"),
        ({"consent": ""}, "consent is missing: who allowed"),
        ({"language": "English"}, "language must be a language tag"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": True}, "seed must be a whole number"),
        ({"seed": 2**63}, "seed must be a whole number"),
        ({"fallbacks": [1]}, "fallbacks must be"),
        ({"fallbacks": ["x"] * 9}, "fallbacks must be"),
        ({"transcript": "x" * 2001}, "transcript has 2001 characters"),
        ({"transscript": "Hello"}, "did you mean transcript"),
    ],
)
def test_a_mistake_is_a_sentence(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadRequestError, match=sentence):
        voice_payloads.enrolment(payload(**fields))


def test_a_transcript_is_one_line_without_commands_for_terminals() -> None:
    wish, _ = voice_payloads.enrolment(payload(transcript="Hello\x1b[31m\x07\n my\u202e dear\x9b"))
    assert wish.transcript == "Hello [31m my dear"


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(BadRequestError) as told:
        voice_payloads.enrolment(b"{}")
    for key in ("name", "clip", "consent"):
        assert f"{key} is missing" in str(told.value)


def test_options_of_a_query_are_texts() -> None:
    options = {"name": "mum", "consent": "Anna", "seed": "18", "fallbacks": "dad, espeak-de"}
    wish = voice_payloads.enrolment_of(options, b"clip", "command line")
    assert (wish.seed, wish.fallbacks) == (18, ("dad", "espeak-de"))


def test_the_files_of_the_folder_make_a_wish() -> None:
    options = "language: de\nseed: 3\nfallbacks: [dad]\nconsent: Anna\nengine: null"
    wish = voice_payloads.enrolment_in_folder("mum", b"clip", "Hallo", options, "put there by me")
    assert (wish.name, wish.transcript, wish.language, wish.consent, wish.origin) == (
        "mum",
        "Hallo",
        "de",
        "Anna",
        "file",
    )
    assert (wish.seed, wish.fallbacks, wish.engine) == (3, ("dad",), None)
    assert voice_payloads.enrolment_in_folder("mum", b"clip", "", "", "put there by me").consent == "put there by me"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("name: dad", "cannot name the voice"),
        ("- a list", "must hold options"),
        ("1: x", "must hold options"),
        ("a: [", "mum.yaml cannot be read at line"),
        ("!!python/object:os.system {}", "mum.yaml cannot be read"),
        ("[" * 2000, "mum.yaml cannot be read"),
        ("speed: 3", "unknown key 'speed'"),
        ("language: no", "YAML takes what stands at language for yes or no"),
    ],
)
def test_what_is_wrong_with_the_options_in_the_folder_is_told(options: str, sentence: str) -> None:
    with pytest.raises(BadRequestError, match=sentence):
        voice_payloads.enrolment_in_folder("mum", b"clip", "", options, "me")


def test_other_requests_are_read() -> None:
    assert voice_payloads.named(b'{"name": "mum", "transaction": 4}') == voice_payloads.Asked("mum", 4)
    assert voice_payloads.voices_wanted(b"") == (None, None)
    assert voice_payloads.voices_wanted(b'{"language": "de_AT", "transaction": "t"}') == ("de-AT", "t")
    assert voice_payloads.trial_text(b"") is None
    assert voice_payloads.trial_text(b'{"text": "Hi"}') == "Hi"
    with pytest.raises(BadRequestError, match="name is missing"):
        voice_payloads.named(b"")
