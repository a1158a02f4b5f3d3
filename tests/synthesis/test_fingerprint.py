"""A phrase's key: everything that changes the sound changes it, nothing else does."""

from dataclasses import replace

import pytest
from engines_for_tests import sentence
from hypothesis import given
from hypothesis import strategies as st

from voxd.model.identifiers import VoiceId
from voxd.synthesis.engine import EngineTraits, Sentence
from voxd.synthesis.fingerprint import phrase_key, voice_prefix

TRAITS = EngineTraits("sine 1", 22050)
PLAIN = sentence("The door is open.")


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAIN, text="The door is open!"),
        replace(PLAIN, text="The door is open. "),
        replace(PLAIN, language="en-GB"),
        replace(PLAIN, rate=1.01),
        replace(PLAIN, voice=replace(PLAIN.voice, engine="other")),
        replace(PLAIN, voice=replace(PLAIN.voice, speaker="bert")),
        replace(PLAIN, voice=replace(PLAIN.voice, reference="another clip")),
        replace(PLAIN, voice=replace(PLAIN.voice, revision=2)),
        replace(PLAIN, voice=replace(PLAIN.voice, name=VoiceId("mum"))),
    ],
    ids=["text", "blank", "language", "rate", "engine", "speaker", "reference", "revision", "voice"],
)
def test_what_changes_the_sound_changes_the_key(other: Sentence) -> None:
    assert phrase_key(other, TRAITS) != phrase_key(PLAIN, TRAITS)


def test_another_version_of_the_engine_changes_the_key() -> None:
    assert phrase_key(PLAIN, replace(TRAITS, fingerprint="sine 2")) != phrase_key(PLAIN, TRAITS)


def test_what_is_only_said_of_a_voice_does_not_change_the_key() -> None:
    described = replace(PLAIN, voice=replace(PLAIN.voice, description="new words", languages=("en-US", "de")))
    assert phrase_key(described, TRAITS) == phrase_key(PLAIN, TRAITS)
    assert phrase_key(replace(PLAIN, rate=1), TRAITS) == phrase_key(PLAIN, TRAITS)


def test_the_keys_of_a_voice_begin_alike_and_those_of_another_otherwise() -> None:
    prefix = voice_prefix(PLAIN.voice.name)
    again = replace(PLAIN, text="Something else", voice=replace(PLAIN.voice, revision=2, engine="other"))
    other = replace(PLAIN, voice=replace(PLAIN.voice, name=VoiceId("dad")))
    begins = [phrase_key(sentence, TRAITS).startswith(prefix) for sentence in (PLAIN, again, other)]
    assert begins == [True, True, False]
    assert len(phrase_key(PLAIN, TRAITS)) == 64


def test_the_key_is_the_same_tomorrow() -> None:
    """A change here makes every cache in every house worthless: raise SCHEME and know why."""
    assert phrase_key(PLAIN, TRAITS) == "0d29be30f0e8326f2f5e5dcef1f56bb81565e1e6187d9fde30713d23a974a580"


ANY_TEXT = st.text(st.characters(codec=None))


@given(st.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT), st.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT))
def test_no_two_different_sentences_share_a_key(one: tuple[str, str, str], two: tuple[str, str, str]) -> None:
    assert (_key(*one) == _key(*two)) == (one == two)


def _key(text: str, speaker: str, fingerprint: str) -> str:
    voice = replace(PLAIN.voice, speaker=speaker)
    return phrase_key(replace(PLAIN, text=text, voice=voice), EngineTraits(fingerprint))
