"""The voice book: names, languages, and what is wrong with the owner's settings."""

from dataclasses import replace

import pytest
from engines_for_tests import SineEngine, WatchedSine

from voxd.errors import BadRequestError, UnknownVoiceError
from voxd.settings import VoiceSettings
from voxd.synthesis.engine import EngineTraits, Speaker
from voxd.synthesis.voices import VoiceBook

SPEAKERS = (
    Speaker("en-us", ("en-US",), "American"),
    Speaker("de", ("de",), "German"),
    Speaker("en-gb", ("en-GB",), "British"),
    Speaker("cmn", ("zh-CN", "zh"), "Mandarin"),
)


def engine(name: str = "espeak") -> SineEngine:
    made = SineEngine(name)
    made.speakers = SPEAKERS
    return made


def book(default: str = "espeak-en-us", **configured: VoiceSettings) -> VoiceBook:
    return VoiceBook(configured, default, {"espeak": engine()})


OMA = VoiceSettings(engine="espeak", speaker="de", description="Grandmother", rate=0.9, language="de-AT")


def test_every_speaker_of_every_engine_is_a_voice_named_after_both() -> None:
    voices = VoiceBook({}, "b-de", {"a": engine("a"), "b": engine("b")}).all()
    assert [voice.name for voice in voices] == [
        "b-de", "a-en-us", "a-de", "a-en-gb", "a-cmn", "b-en-us", "b-en-gb", "b-cmn",
    ]  # fmt: skip
    assert (voices[0].engine, voices[0].speaker, voices[0].languages) == ("b", "de", ("de",))


def test_the_owners_voices_come_before_the_engines_and_the_default_before_all() -> None:
    names = [voice.name for voice in book("espeak-cmn", oma=OMA, opa=OMA).all()]
    assert names == ["espeak-cmn", "oma", "opa", "espeak-en-us", "espeak-de", "espeak-en-gb"]


def test_an_owners_voice_is_as_it_was_configured() -> None:
    oma = book(oma=OMA).find("oma", None)
    assert (oma.engine, oma.speaker, oma.rate) == ("espeak", "de", 0.9)
    assert (oma.languages, oma.description) == (("de-AT", "de"), "Grandmother")


def test_an_owners_voice_hides_a_speaker_of_the_same_name() -> None:
    configured = {"espeak-de": VoiceSettings(engine="espeak", speaker="en-gb")}
    mine = VoiceBook(configured, "espeak-en-us", {"espeak": engine()})
    assert mine.find("espeak-de", None).speaker == "en-gb"
    assert [voice.name for voice in mine.all()].count(mine.find("espeak-de", None).name) == 1


def test_without_a_speaker_the_first_that_speaks_the_language_is_taken() -> None:
    assert book(a=VoiceSettings(engine="espeak")).find("a", None).speaker == "en-us"
    assert book(a=VoiceSettings(engine="espeak", language="en-GB")).find("a", None).speaker == "en-gb"


def test_a_variant_of_a_speaker_is_a_speaker() -> None:
    mine = book(mum=VoiceSettings(engine="espeak", speaker="en-us+f2"))
    assert mine.find("mum", None).speaker == "en-us+f2"
    assert mine.mistakes() == ()


def test_nobody_named_means_the_default_voice() -> None:
    assert book().find(None, None).name == "espeak-en-us"


@pytest.mark.parametrize(
    ("language", "voice"),
    [("en", "espeak-en-us"), ("en-GB", "espeak-en-us"), ("de-AT", "espeak-de"), ("zh", "espeak-cmn"),
     ("ZH-tw", "espeak-cmn")],
)  # fmt: skip
def test_a_language_finds_the_default_voice_or_the_first_that_speaks_it(language: str, voice: str) -> None:
    assert book().find(None, language).name == voice


def test_an_exact_language_is_better_than_a_related_one_and_an_owners_voice_better_than_both() -> None:
    assert book("espeak-de").find(None, "en-GB").name == "espeak-en-gb"
    assert book("espeak-en-us", oma=OMA).find(None, "de").name == "oma"


def test_an_unknown_voice_is_refused_by_name_with_what_may_have_been_meant() -> None:
    with pytest.raises(UnknownVoiceError, match='no voice "espeak-en-uk"; did you mean "espeak-en-us"'):
        book().find("espeak-en-uk", None)
    with pytest.raises(UnknownVoiceError, match='no voice "ESPEAK-DE"; did you mean "espeak-de"'):
        book().find("ESPEAK-DE", None)
    with pytest.raises(UnknownVoiceError, match='did you mean "espeak-en-gb"'):
        book().find("espeak-gb", None)
    with pytest.raises(UnknownVoiceError) as refused:
        book().find("x" * 10_000, None)
    assert len(str(refused.value)) < 200


def test_a_language_that_nobody_speaks_is_refused() -> None:
    with pytest.raises(UnknownVoiceError, match='No voice speaks "tlh"'):
        book().find(None, "tlh")


def test_a_named_voice_that_lacks_the_language_is_never_replaced() -> None:
    with pytest.raises(BadRequestError, match='"espeak-de" does not speak "fr" but de'):
        book().find("espeak-de", "fr")


def test_all_mistakes_in_the_voices_are_told() -> None:
    mine = book(
        "nobody",
        a=VoiceSettings(engine="espaek"),
        b=VoiceSettings(engine="espeak", speaker="en-uk"),
        c=VoiceSettings(engine="espeak", speaker="de"),
    )
    assert mine.mistakes() == (
        'voices.a.engine: there is no engine "espaek"',
        'voices.b.speaker: "espeak" has no speaker "en-uk"; did you mean "en-us"?',
        'speech.voice: there is no voice "nobody"; `voxd voices` lists them',
    )


@pytest.mark.parametrize(("speakers", "clones"), [(SPEAKERS, False), ((), True)])
def test_a_rate_that_an_engine_cannot_change_is_told_once_it_is_known(
    speakers: tuple[Speaker, ...], clones: bool
) -> None:
    slow = WatchedSine("sine")
    slow.speakers, slow.traits = (), EngineTraits("sine 1")
    hasty = VoiceBook({"hasty": VoiceSettings(engine="sine", speaker="de", rate=1.1)}, "hasty", {"sine": slow})
    assert hasty.mistakes() == ()
    slow.speakers, slow.traits = speakers, EngineTraits("sine 1", clones=clones)
    assert hasty.mistakes() == ('voices.hasty.rate: "sine" cannot change its rate; it speaks as usual',)
    slow.traits = EngineTraits("sine 1", clones=clones, changes_rate=True)
    assert hasty.mistakes() == ()


def test_a_voice_speaks_in_the_style_it_was_configured_with_or_as_usual_and_that_is_told() -> None:
    ghost = VoiceSettings(engine="espeak", speaker="de", style="Whisper")
    clown = VoiceSettings(engine="espeak", speaker="de", style="wisper")
    styled = engine()
    styled.traits = replace(styled.traits, styles=frozenset({"whisper", "croak"}))
    mine = VoiceBook({"ghost": ghost, "clown": clown}, "ghost", {"espeak": styled})
    assert [mine.find(name, None).style for name in ("ghost", "clown")] == ["whisper", ""]
    (mistake,) = mine.mistakes()
    assert mistake.startswith('voices.clown.style: "espeak" has no style "wisper"; did you mean "whisper"?')
    styled.speakers = ()  # who has not told yet may have it
    assert mine.find("clown", None).style == "wisper"


def test_speakers_that_an_engine_learns_later_become_voices() -> None:
    late = SineEngine("late")
    late.speakers = ()
    book_ = VoiceBook({"mum": VoiceSettings(engine="late", speaker="anna", language="en")}, "mum", {"late": late})
    assert book_.find(None, None).speaker == "anna"
    assert [voice.name for voice in book_.all()] == ["mum"]
    late.speakers = SPEAKERS
    assert "late-de" in [voice.name for voice in book_.all()]
    assert book_.mistakes() != ()


def test_a_speaker_of_an_engine_that_is_still_loading_is_taken_for_granted() -> None:
    """So that the voices that stand in for it may speak meanwhile."""
    sine = WatchedSine("sine")
    sine.speakers = ()
    voices = VoiceBook({}, "sine-anna", {"espeak": engine(), "sine": sine})
    for voice in (voices.find(None, None), voices.find("sine-anna", "de")):
        assert (voice.name, voice.engine, voice.speaker, voice.language) == ("sine-anna", "sine", "anna", "und")
    assert "sine-anna" not in [voice.name for voice in voices.all()]
    sine.turn("ready")
    with pytest.raises(UnknownVoiceError):
        voices.find("sine-anna", None)
