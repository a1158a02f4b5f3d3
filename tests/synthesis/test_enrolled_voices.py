"""The voice book on enrolled voices: the current revision speaks, and whoever asks for another is told."""

import pytest
from cloning import CloningSine, enrolled
from engines_for_tests import SineEngine

from voxd.errors import UnknownVoiceError
from voxd.model.identifiers import VoiceId
from voxd.settings import VoiceSettings
from voxd.synthesis.enrolled.voice import EnrolledVoice, RemovedVoice
from voxd.synthesis.voices import VoiceBook


class Registered:
    """Enrolled voices that a test chooses."""

    def __init__(self, *voices: EnrolledVoice) -> None:
        self.voices = voices
        self.gone: dict[str, RemovedVoice] = {}

    def removed(self, name: str) -> RemovedVoice | None:
        return self.gone.get(name)


class House:
    """A book whose voices come and go."""

    def __init__(self, *voices: EnrolledVoice, default: str = "sine-anna", **configured: VoiceSettings) -> None:
        self.registered = Registered(*voices)
        self.engine = CloningSine()
        engines = {"voxcpm": self.engine, "sine": SineEngine()}
        self.book = VoiceBook(configured, default, engines, self.registered)

    @property
    def names(self) -> list[str]:
        return [voice.name for voice in self.book.all()]


def test_an_enrolled_voice_stands_before_the_engines_own_and_speaks_what_they_speak() -> None:
    house = House(enrolled("mum", language="zh"))
    assert house.names == ["sine-anna", "mum", "voxcpm-default", "sine-bert"]
    mum = house.book.find("mum", None)
    assert (mum.engine, mum.speaker, mum.revision, mum.languages) == ("voxcpm", "mum@1", 1, ("zh", "en"))


def test_enrolled_again_it_is_listed_first_by_its_name_and_then_by_its_revision() -> None:
    house = House(enrolled("mum", 1))
    assert "mum@1" not in house.names
    house.registered.voices = (enrolled("mum", 2),)
    assert house.names[:3] == ["sine-anna", "mum", "mum@2"]
    listed = {voice.name: voice for voice in house.book.all()}
    assert listed[VoiceId("mum")].speaker == listed[VoiceId("mum@2")].speaker == "mum@2"


def test_whatever_revision_is_asked_for_the_current_one_speaks() -> None:
    house = House(enrolled("mum", 3))
    assert house.book.find("mum@3", None) == house.book.find("mum@1", None) == house.book.find("mum", None)


def test_an_older_revision_has_a_sentence_to_be_told() -> None:
    house = House(enrolled("mum", 2))
    assert house.book.outdated("mum@1").startswith("mum@1 was asked for; mum is at revision 2 since 20")
    assert [house.book.outdated(name) for name in ("mum", "mum@2", "mum@3", "sine-anna", "dad@1")] == [""] * 5


@pytest.mark.parametrize("name", ["mum@3", "mum@0", "mum@", "mum@01", "mum@x", "@2", "mum@2@2", "mum@9999999999"])
def test_a_revision_that_never_was_does_not_exist(name: str) -> None:
    with pytest.raises(UnknownVoiceError, match="There is no voice"):
        House(enrolled("mum", 2)).book.find(name, None)


def test_a_removed_voice_says_so_by_any_of_its_names() -> None:
    house = House()
    house.registered.gone["mum"] = RemovedVoice(VoiceId("mum"), 2, 1_700_000_000.0)
    for name in ("mum", "mum@1"):
        with pytest.raises(UnknownVoiceError, match='"mum" was removed on 2023-11-1'):
            house.book.find(name, None)


def test_the_owners_options_are_the_enrolled_voices() -> None:
    mum = VoiceSettings(
        engine="voxcpm",
        seed=7,
        fallbacks=("sine-anna",),
        first_audio_s=1.5,
        guard=0.7,
        rate=0.9,
        description="Mum",
        language="en-GB",
    )
    found = House(enrolled("mum", 2, seed=1, fallbacks=("sine-bert",)), mum=mum).book.find("mum", None)
    assert (found.speaker, found.revision, found.seed, found.fallbacks) == ("mum@2", 2, 7, ("sine-anna",))
    assert (found.first_audio_s, found.guard, found.rate, found.description) == (1.5, 0.7, 0.9, "Mum")
    assert found.languages == ("en-GB", "en", "zh")
    plain = House(enrolled(seed=1, fallbacks=("sine-bert",)), mum=VoiceSettings(engine="voxcpm")).book
    assert (plain.find("mum", None).seed, plain.find("mum", None).fallbacks) == (1, ("sine-bert",))
    assert plain.mistakes() == ()


def test_a_configured_voice_that_has_to_be_enrolled_names_the_command() -> None:
    house = House(mum=VoiceSettings(engine="voxcpm"))
    command = "voxd voices enroll mum --reference clip.wav"
    assert command in house.book.mistakes()[0]
    with pytest.raises(UnknownVoiceError, match=command):
        house.book.find("mum", None)


def test_while_its_engine_loads_it_is_taken_for_a_voice_that_cannot_speak_yet() -> None:
    house = House(mum=VoiceSettings(engine="voxcpm", fallbacks=("sine-anna",)))
    house.engine.state, house.engine.speakers, traits = "loading", (), house.engine.traits
    house.engine.traits = SineEngine().traits
    assert house.book.find("mum", None).fallbacks == ("sine-anna",)
    assert "is not enrolled yet" in house.book.mistakes()[0]
    house.engine.state, house.engine.traits, house.engine.speakers = "ready", traits, CloningSine().speakers
    assert "mum" not in house.names


def test_fallbacks_that_do_not_exist_are_mistakes() -> None:
    configured = VoiceSettings(engine="sine", speaker="anna", fallbacks=("sine-berta",))
    house = House(enrolled(fallbacks=("nobody",)), anna=configured)
    assert house.book.mistakes() == (
        'voices.anna.fallbacks: there is no voice "sine-berta" to fall back on; did you mean "sine-bert"?',
        'The enrolled voice "mum": there is no voice "nobody" to fall back on; `voxd voices` lists them',
    )
    house.engine.speakers = ()
    anna = VoiceSettings(engine="sine", speaker="anna", fallbacks=("voxcpm-default",))
    assert House(anna=anna).book.mistakes() == ()


def test_a_voice_whose_engine_is_gone_or_another_is_a_mistake() -> None:
    house = House(enrolled(engine="pocket"))
    assert 'needs the engine "pocket", which is not configured' in house.book.mistakes()[0]
    with pytest.raises(UnknownVoiceError, match='needs the engine "pocket"'):
        house.book.find("mum", None)
    hidden = House(enrolled(), mum=VoiceSettings(engine="sine", speaker="bert"))
    assert "hides the enrolled voice" in hidden.book.mistakes()[0]
    assert hidden.book.find("mum", None).speaker == "bert"


def test_an_engine_that_does_not_clone_never_gets_an_enrolled_voice() -> None:
    book = House(enrolled(engine="sine")).book
    with pytest.raises(UnknownVoiceError, match='needs the engine "sine", which does not clone voices'):
        book.find("mum", None)
    assert "does not clone voices" in book.mistakes()[0]


def test_with_a_model_that_does_not_clone_nobody_else_speaks_by_an_enrolled_voices_name() -> None:
    house = House(enrolled(), mum=VoiceSettings(engine="voxcpm", fallbacks=("sine-anna",)))
    house.engine.traits = SineEngine().traits
    assert house.book.find("mum", None).speaker == "mum@1", "which its engine refuses"
    assert any("does not clone voices" in mistake for mistake in house.book.mistakes())


def test_a_revision_of_a_hidden_voice_is_not_spoken_by_the_voice_that_hides_it() -> None:
    house = House(enrolled("mum", 2), mum=VoiceSettings(engine="sine", speaker="bert"))
    for name in ("mum@1", "mum@2"):
        with pytest.raises(UnknownVoiceError, match="hidden by the configured voice"):
            house.book.find(name, None)


def test_a_voice_that_has_to_be_enrolled_is_spoken_by_no_other_once_its_engine_is_there() -> None:
    house = House(mum=VoiceSettings(engine="voxcpm"))
    house.engine.state, house.engine.speakers, house.engine.traits = "loading", (), SineEngine().traits
    assert house.book.find("mum", None).speaker == "mum", "a name that no engine has; without one it takes its first"


def test_a_guard_without_anything_to_compare_with_is_a_mistake() -> None:
    book = House(
        enrolled(), mum=VoiceSettings(engine="voxcpm", guard=0.7), anna=VoiceSettings(engine="sine", guard=0.7)
    ).book
    assert [mistake.partition(":")[0] for mistake in book.mistakes()] == ["voices.anna.guard"]


def test_nobody_is_spoken_for_in_a_cloned_voice_that_was_not_named() -> None:
    assert House(enrolled(language="de")).book.find(None, "de").name == "sine-bert"
    assert House(enrolled(language="fr")).book.find(None, "fr").name == "mum", "nobody else speaks it"
    configured = House(enrolled(language="de"), mum=VoiceSettings(engine="voxcpm"))
    assert configured.book.find(None, "de").name == "mum", "the owner's own voices come first"


def test_an_enrolled_voice_can_be_the_default() -> None:
    house = House(enrolled("mum", 2), default="mum")
    assert house.names[:2] == ["mum", "mum@2"]
    assert house.book.find(None, None).speaker == "mum@2"
    assert house.book.house_language() == "en"


def test_the_same_revision_of_another_recording_or_transcript_is_another_reference() -> None:
    """Where the enrolled voices were lost and enrolled again, the caches must not take one for the other."""
    voices = (enrolled(), enrolled(wav=b"RIFFanother"), enrolled(transcript="Good-bye"))
    assert len({House(voice).book.find("mum", None).reference for voice in voices}) == 3
    assert House().book.find("sine-anna", None).reference == ""
