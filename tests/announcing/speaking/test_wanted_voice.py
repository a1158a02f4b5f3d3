"""Voices with parameters: what each of them says, what is refused, and what they change of the sound."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from engines_for_tests import SineEngine
from miniature_house import MiniatureHouse

from voxd.announcing.preferences import Choice
from voxd.announcing.speaking.casting import Casting
from voxd.announcing.speaking.wanted_voice import CHARS_MAX, WantedVoice, in_its_own_fields, wanted_voice
from voxd.errors import BadRequestError
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.audio import Chunk
from voxd.model.identifiers import VoiceId
from voxd.settings import Settings, SpeechSettings, VoiceSettings
from voxd.synthesis.engine import Engine, EngineTraits, Sentence
from voxd.synthesis.enrolled.voice import check_name
from voxd.synthesis.fingerprint import phrase_key, sound_key
from voxd.synthesis.voices import VoiceBook

MUM = {"mum": VoiceSettings(engine="sine", speaker="anna")}
STYLED = EngineTraits("sine 1", 22050, changes_rate=True, styles=frozenset({"whisper", "Calm"}), concurrency=4)


class StyledSine(SineEngine):
    """Remembers how it was asked to speak."""

    def __init__(self) -> None:
        super().__init__()
        self.traits = STYLED
        self.asked: list[tuple[str, str, float, str]] = []

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sine of this sentence."""
        self.asked.append((sentence.voice.name, sentence.voice.style, sentence.rate, sentence.language))
        async for chunk in super().speak(sentence):
            yield chunk


def house(folder: Path, memory_bytes: int = 0) -> tuple[MiniatureHouse, StyledSine]:
    made = MiniatureHouse(folder, voices=MUM, memory_bytes=memory_bytes)
    engine = StyledSine()
    made.engine = made.engines["sine"] = engine
    return made, engine


async def rendered(of: MiniatureHouse, text: str, **asked: object) -> bytes:
    return b"".join([chunk.pcm async for chunk in of.renderer.render(text, **asked)])  # type: ignore[arg-type]  # str, float


@pytest.mark.parametrize(
    ("asked", "means"),
    [
        (None, WantedVoice()),
        ("mum", WantedVoice("mum")),
        ("mum@2", WantedVoice("mum@2")),
        ("100%25", WantedVoice("100%25")),
        ("mum?", WantedVoice("mum")),
        ("mum?rate=1.2&style=calm", WantedVoice("mum", 1.2, "calm")),
        ("mum@2?rate=0.9", WantedVoice("mum@2", 0.9)),
        ("mum?language=de_AT&volume=40", WantedVoice("mum", language="de-AT", volume=40)),
        ("mum?rate=1%2E5&%73tyle=ca%6Cm", WantedVoice("mum", 1.5, "calm")),
        ("m%C3%BCm%3F?rate=1", WantedVoice("müm?", 1.0)),
        ("?rate=.8", WantedVoice(None, 0.8)),
        ("mum?&rate=2&", WantedVoice("mum", 2.0)),
    ],
)
def test_a_name_says_which_voice_and_how(asked: str | None, means: WantedVoice) -> None:
    assert wanted_voice(asked) == means


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("mum?speed=2", 'There is no parameter "speed" of a voice; there are rate, style, language, volume'),
        ("mum?rate", "The voice's parameter rate has no value"),
        ("mum?rate=", "The voice's parameter rate has no value"),
        ("mum?rate=1&rate=1", "The voice's parameter rate is given twice"),
        ("mum?rate=3", 'rate must be a number from 0.5 to 2, not "3"'),
        ("mum?rate=nan", 'must be a number from 0.5 to 2, not "nan"'),
        ("mum?rate=1e0", "must be a number"),
        ("mum?rate=%C2%B2", "must be a number"),
        ("mum?volume=101", 'volume must be a number from 0 to 100, not "101"'),
        ("mum?volume=-1", "volume must be a number"),
        ("mum?language=english", 'language must be a language tag like de or en-GB, not "english"'),
        ("mum?style=../x", 'style must be the name of a style, not "../x"'),
        ("mum?style=%0A", "must be the name of a style"),
        ("mum?style=%ff", "not UTF-8"),
        ("mum?style=a?b", "must be the name of a style"),
        ("mum?" + "&" * CHARS_MAX, "at most 256 characters"),
    ],
)
def test_what_is_wrong_with_a_parameter_is_said_in_a_sentence(asked: str, sentence: str) -> None:
    with pytest.raises(BadRequestError, match=r".") as refused:
        wanted_voice(asked)
    assert sentence in str(refused.value)


def test_an_announcement_takes_what_its_voice_says_and_its_own_words_go_before() -> None:
    asked = Announcement("Hi", voice=VoiceId("mum?rate=1.2&style=calm&language=de&volume=39.6"))
    found = in_its_own_fields(asked)
    assert (found.voice, found.rate, found.language, found.volume) == ("mum?style=calm", 1.2, "de", 40)
    assert in_its_own_fields(found) is found
    explicit = in_its_own_fields(replace(asked, rate=0.8, language="en", volume=0))
    assert (explicit.rate, explicit.language, explicit.volume) == (0.8, "en", 0)


def test_a_name_with_a_question_mark_can_neither_be_enrolled_nor_configured() -> None:
    with pytest.raises(BadRequestError):
        check_name("mum?rate=1")
    with pytest.raises(ValueError, match="mum"):
        Settings.model_validate({"voices": {"mum?rate=1": {"engine": "espeak"}}})


async def test_an_announcement_is_spoken_as_its_voice_says(tmp_path: Path) -> None:
    of, engine = house(tmp_path)
    async with of.alive():
        said = Announcement("Hello.", voice=VoiceId("mum?rate=1.5&style=calm&language=en"))
        await of.announcer.announce(said)
        await of.until(said.id, State.FINISHED)
        assert engine.asked == [("mum", "Calm", 1.5, "en")]


async def test_an_announcement_with_a_wrong_parameter_is_refused_with_the_reason(tmp_path: Path) -> None:
    of, _ = house(tmp_path)
    async with of.alive():
        with pytest.raises(BadRequestError, match='The engine sine has no style "angry"; it has Calm, whisper'):
            await of.announcer.announce(Announcement("Hello.", voice=VoiceId("mum?style=angry")))


async def test_the_rate_of_a_request_goes_before_that_of_the_name(tmp_path: Path) -> None:
    of, engine = house(tmp_path)
    async with of.alive():
        await rendered(of, "Hello.", voice="mum?rate=1.5", rate=0.75)
        await rendered(of, "Hello.", voice="mum?rate=1.5")
        assert [asked[2] for asked in engine.asked] == [0.75, 1.5]


async def test_the_volume_of_a_rendering_is_cubic_like_a_slider(tmp_path: Path) -> None:
    of, _ = house(tmp_path)
    async with of.alive():
        plain = await rendered(of, "Hello.", voice="mum")
        soft = await rendered(of, "Hello.", voice="mum?volume=50")
        mute = await rendered(of, "Hello.", voice="mum?volume=0")
    samples = memoryview(plain).cast("h"), memoryview(soft).cast("h")
    assert max(samples[1]) == pytest.approx(max(samples[0]) / 8, rel=0.01)
    assert len(soft) == len(plain) == len(mute)
    assert not any(mute)


async def test_each_style_and_rate_is_a_phrase_of_its_own(tmp_path: Path) -> None:
    of, engine = house(tmp_path, memory_bytes=10_000_000)
    async with of.alive():
        for voice in 2 * ("mum", "mum?style=whisper", "mum?rate=1.2", "mum?volume=20", "mum?style=Calm"):
            await rendered(of, "Hello.", voice=voice)
    assert [asked[1:3] for asked in engine.asked] == [("", 1.0), ("whisper", 1.0), ("", 1.2), ("Calm", 1.0)]


def test_a_voice_without_a_style_keeps_its_key() -> None:
    of = MiniatureHouse(Path("/nowhere"), voices=MUM)
    plain = of.speech.style("mum", None, None).sentence("Hello.")
    assert phrase_key(plain, STYLED) == phrase_key(plain, replace(STYLED, styles=frozenset()))
    whispered = replace(plain.voice, style="whisper")
    assert phrase_key(replace(plain, voice=whispered), STYLED) != phrase_key(plain, STYLED)
    assert sound_key(whispered, STYLED) != sound_key(plain.voice, STYLED)


async def test_ssml_may_name_a_voice_with_parameters_and_keeps_those_of_the_outer_one(tmp_path: Path) -> None:
    of, engine = house(tmp_path)
    async with of.alive():
        inner = '<voice name="mum?style=whisper&amp;rate=0.8">Psst.</voice>'
        text = f'<speak>Hello. {inner} <prosody rate="2">Quick.</prosody></speak>'
        await rendered(of, text, voice="mum?style=calm&rate=0.9")
    assert [asked[1:3] for asked in engine.asked] == [("Calm", 0.9), ("whisper", 0.8), ("Calm", 1.8)]


def test_a_voice_that_stands_in_speaks_in_the_style_if_it_has_it() -> None:
    asked, other = StyledSine(), SineEngine("organ")
    voices = {"mum": VoiceSettings(engine="sine", speaker="anna", fallbacks=("organ-anna", "sine-anna"))}
    engines: dict[str, Engine] = {"sine": asked, "organ": other}
    of = Casting(VoiceBook(voices, "mum", engines), engines, SpeechSettings())
    cast = of.announced(of.style("mum?style=whisper&volume=50", None, None), Priority.NORMAL)
    assert [cast.style(number).called for number in range(3)] == [
        *("mum?style=whisper", "organ-anna", "sine-anna?style=whisper")
    ]
    assert {round(cast.style(number).gain_db, 2) for number in range(3)} == {-18.06}


async def test_what_a_name_says_goes_before_what_people_chose_for_the_house(tmp_path: Path) -> None:
    of, engine = house(tmp_path)
    async with of.alive():
        await of.announcer.prefer(Choice(frozenset({"rate", "voice"}), voice=VoiceId("sine-bert"), rate=0.7))
        for text, voice in (("One.", "mum?rate=1.5"), ("Two.", "mum?style=calm"), ("Three.", "?rate=1.2")):
            said = Announcement(text, voice=VoiceId(voice))
            await of.announcer.announce(said)
            await of.until(said.id, State.FINISHED)
    assert [asked[:3] for asked in engine.asked] == [("mum", "", 1.5), ("mum", "Calm", 0.7), ("sine-bert", "", 1.2)]
