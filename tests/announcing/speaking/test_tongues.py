"""A text in several tongues: which sentence is spoken in which language, and by whom."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
from engines_for_tests import SineEngine
from miniature_house import MiniatureHouse

from voxd.announcing.speaking.interpreters import Interpreters
from voxd.announcing.speaking.script import Line
from voxd.announcing.speaking.speech import Speech
from voxd.announcing.speaking.style import Style
from voxd.announcing.speaking.tongues import Tongues
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings import SpeechSettings, VoiceSettings
from voxd.synthesis.engine import EngineTraits, Sentence, Speaker
from voxd.synthesis.synthesizer import Synthesizer
from voxd.synthesis.voices import VoiceBook
from voxd.text.language_finder import LanguageFinder, LanguageModel
from voxd.text.normalizer import Normalizer

ENGLISH, GERMAN, FRENCH = "The washing machine is done.", "Das Essen ist fertig.", "Quelqu'un est à la porte."
SPEAKERS = (
    *(Speaker("en-us", ("en-US",)), Speaker("en-gb", ("en-GB", "en")), Speaker("de", ("de",))),
    *(Speaker("fr", ("fr-FR",)), Speaker("all", ("en-US", "de", "zh"))),
)
VOICES = {
    "thorsten": VoiceSettings(engine="piper", speaker="thorsten"),
    "butler": VoiceSettings(engine="sine", speaker="en-us+f2", rate=0.8, fallbacks=("thorsten",)),
    "polyglot": VoiceSettings(engine="sine", speaker="all"),
}


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel()


class Listening(SineEngine):
    """Remembers who was asked to say what, and in which language."""

    def __init__(self, name: str, *speakers: Speaker) -> None:
        super().__init__(name)
        self.speakers = speakers
        self.traits = EngineTraits(f"{name} 1", 22050, changes_rate=True, styles=frozenset({"f2"}), concurrency=4)
        self.asked: list[tuple[str, str, str]] = []

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Any, None]:
        """The sine of this sentence."""
        self.asked.append((sentence.voice.name, sentence.language, sentence.text))
        async for chunk in super().speak(sentence):
            yield chunk


def engines() -> dict[str, Any]:
    return {"sine": Listening("sine", *SPEAKERS), "piper": Listening("piper", Speaker("thorsten", ("de-DE",)))}


def speech(model: LanguageModel | None = None, **languages: str | None) -> Speech:
    made = engines()
    settings = SpeechSettings(voice="sine-en-us", languages=languages, last_resort=None)
    book = VoiceBook(VOICES, settings.voice, made)
    found = Speech(Normalizer({}), book, Synthesizer(made, None, 0, 10), made, settings)
    if found.finder is not None:
        found.finder = LanguageFinder(languages, model)
    return found


def spoken(lines: Iterable[Line]) -> list[tuple[str, str, str]]:
    return [(line.words, line.style.voice.name, line.style.language) for line in lines]


def who(of: Speech, text: str, voice: str | None = None, language: str | None = None) -> list[tuple[str, str]]:
    return [said[1:] for said in spoken(of.script(text, of.style(voice, language, None)))]


async def fragments(text: str, chars: int) -> AsyncIterator[str]:
    for start in range(0, len(text), chars):
        yield text[start : start + chars]


def test_a_german_sentence_in_an_english_house_sounds_german(model: LanguageModel) -> None:
    of = speech(model, de=None)
    text = f"{ENGLISH} Draußen sind es 21 °C. {GERMAN} {ENGLISH}"
    lines = of.script(text, of.style(None, None, None))
    assert spoken(lines) == [
        ("The washing machine is done.", "sine-en-us", "en-US"),
        ("Draußen sind es einundzwanzig Grad Celsius.", "sine-de", "de"),
        ("Das Essen ist fertig.", "sine-de", "de"),
        ("The washing machine is done.", "sine-en-us", "en-US"),
    ]


def test_without_languages_everything_is_in_the_voices_language() -> None:
    of = speech()
    assert of.finder is None
    assert who(of, f"{ENGLISH} {GERMAN} {FRENCH} 门开了。") == [("sine-en-us", "en-US")] * 4


def test_a_language_that_is_asked_for_is_spoken_whatever_the_text(model: LanguageModel) -> None:
    of = speech(model, de=None, fr=None)
    assert who(of, GERMAN, language="en-US") == [("sine-en-us", "en-US")]
    assert who(of, GERMAN, voice="sine-en-us?language=en-US") == [("sine-en-us", "en-US")]
    assert who(of, GERMAN, voice="sine-en-us?rate=1.2") == [("sine-de", "de")]


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        (f"OK. {GERMAN}", "de de"),
        (f"{GERMAN} OK.", "de de"),
        (f"{GERMAN} OK. {ENGLISH}", "de de en"),
        ("OK. Timer!", "en en"),
        (f"Hallo! OK. {GERMAN} {FRENCH} OK.", "de de de fr fr"),
        (f"OK. {ENGLISH} {GERMAN}", "en en de"),
    ],
)
def test_unclear_sentences_follow_their_neighbours(model: LanguageModel, text: str, languages: str) -> None:
    of = speech(model, de=None, fr=None)
    assert [language[:2] for _, language in who(of, text)] == languages.split()


def test_the_voice_itself_speaks_if_it_can(model: LanguageModel) -> None:
    assert who(speech(model, de="thorsten"), f"{ENGLISH} {GERMAN}", "polyglot") == [
        *(("polyglot", "en-US"), ("polyglot", "de"))
    ]


def test_the_voice_that_the_owner_named_goes_before_another_of_the_engine(model: LanguageModel) -> None:
    of = speech(model, de="thorsten", fr=None)
    assert who(of, f"{GERMAN} {FRENCH}") == [("thorsten", "de-DE"), ("sine-fr", "fr-FR")]


def test_another_speaker_of_the_engine_keeps_the_options_of_the_voice(model: LanguageModel) -> None:
    of = speech(model, de=None)
    (line,) = of.script(GERMAN, of.style("butler?volume=50", None, 1.5))
    voice = line.style.voice
    assert (voice.name, voice.speaker, voice.style, voice.rate) == ("sine-de", "de", "f2", 0.8)
    assert line.style.rate == pytest.approx(1.2)
    assert voice.fallbacks == ("thorsten",)
    assert line.gain_db == pytest.approx(-18.06, abs=0.01)


def test_where_nobody_speaks_the_language_the_sentence_stays(model: LanguageModel) -> None:
    of = speech(model, it=None, fr="thorsten")
    assert who(of, "La lavatrice in cantina ha finito.") == [("sine-en-us", "en-US")]
    assert who(of, FRENCH, "thorsten") == [("thorsten", "de-DE")]
    assert of.voice_mistakes() == ('speech.languages.fr: the voice "thorsten" does not speak "fr" but de-DE',)


def test_a_cloned_voice_is_replaced_only_by_whom_the_owner_named() -> None:
    made = engines()
    book = VoiceBook(VOICES, "sine-en-us", made)
    mum = Style(Voice(VoiceId("mum"), "sine", "mum", ("en",), reference="clip"), "en")
    assert Interpreters(book, made, {"de": None}).style(mum, "de") == mum
    assert Interpreters(book, made, {"de": "thorsten"}).style(mum, "de").voice.name == "thorsten"
    bilingual = Style(Voice(VoiceId("mum"), "sine", "mum", ("en", "de"), reference="clip"), "en")
    assert Interpreters(book, made, {"de": "thorsten"}).style(bilingual, "de").voice.name == "mum"


def test_whoever_stands_in_for_an_absent_voice_speaks_the_language_of_the_sentence(model: LanguageModel) -> None:
    of = speech(model, de=None)
    gone = Voice(VoiceId("gone"), "", "", ("en",), fallbacks=(VoiceId("thorsten"), VoiceId("sine-en-gb")))
    absent = Style(gone, "en", absence="It is gone")
    script = of.script(f"{ENGLISH} {GERMAN}", absent, accepted=True)
    assert [line.style.language for line in script] == ["en", "de"]
    assert len(of.announced(script, Priority.NORMAL)) == 2


@pytest.mark.parametrize("chars", [1, 7, 1000])
async def test_a_streamed_text_is_spoken_like_a_whole_one(model: LanguageModel, chars: int) -> None:
    of = speech(model, de=None, fr=None)
    text = f"{ENGLISH} {GERMAN} OK. Um 7:30 kommt z. B. der Müllwagen vorbei. {FRENCH} 门开了。"
    style = of.style(None, None, None)
    streamed = [line async for line in of.writer().stream(fragments(text, chars), style)]
    assert spoken(streamed) == spoken(of.script(text, style))


def test_ssml_that_names_no_language_is_listened_to_and_one_that_does_is_believed(model: LanguageModel) -> None:
    of = speech(model, de="thorsten")
    text = (
        f'<speak>{ENGLISH} <p>{GERMAN}</p> <lang xml:lang="de">{ENGLISH}</lang> <s xml:lang="en">{GERMAN}</s></speak>'
    )
    assert who(of, text) == [
        *(("sine-en-us", "en-US"), ("thorsten", "de-DE"), ("thorsten", "de-DE"), ("sine-en-us", "en")),
    ]


def test_a_text_of_a_hundred_sentences_is_looked_at_as_far_as_it_is_asked_for() -> None:
    looked: list[str] = []

    class Counting(LanguageFinder):
        def found(self, text: str, own: str) -> str | None:
            looked.append(f"{own}: {text}")
            return None

    plain = Style(Voice(VoiceId("a"), "sine", "en-us", ("en",)), "en")
    tongues = Tongues(plain, Counting(["de"]), lambda style, _: style)
    assert next(tongues.each(["OK."] * 100))[1] is plain
    assert len(looked) < 10


async def test_a_house_learns_its_languages_and_speaks_and_keeps_each_in_its_own(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path, speech=SpeechSettings(languages={"de": None}), memory_bytes=10_000_000)
    async with house.alive():
        await house.speech.learn_languages()
        said = Announcement(f"{ENGLISH} {GERMAN}")
        await house.announcer.announce(said)
        await house.until(said.id, State.FINISHED)
        rendered = [chunk async for chunk in house.renderer.render(f"{GERMAN} {ENGLISH}")]
    assert house.engine.spoken == [ENGLISH, GERMAN], "what was announced is kept for what is rendered"
    assert len(rendered) == 2
    bert = house.speech.style("sine-bert", None, None).sentence(GERMAN)
    assert rendered[0].pcm == house.engine.pcm(bert)


async def test_what_was_loaded_to_tell_languages_is_used_again_after_a_reload(model: LanguageModel) -> None:
    before, after, without = speech(model, de=None), speech(de=None, fr=None), speech()
    await after.learn_languages(before)
    assert after.finder is not None
    assert after.finder.model is model
    await without.learn_languages(after)
    assert without.finder is None
