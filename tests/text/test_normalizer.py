"""The normalizer as a whole: what is cleaned away, what never happens, and how quick it is."""

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxd.text.normalizer import Normalizer

LANGUAGES = ["en", "en-GB", "de-CH", "fr-BE", "es-MX", "it", "nl-BE", "zh-TW", "pl", "ja", "ar", "hi", "xx-Klingon", ""]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("## The kitchen", "The kitchen"),
        ("The **door** is *open* and __locked__ and _shut_.", "The door is open and locked and shut."),
        ("***All***: is *5 kg* here", "All: is five kilograms here"),
        ("- milk", "milk"),
        ("* [x] bread", "bread"),
        ("> quoted", "quoted"),
        ("2. Close the door", "two: Close the door"),
        ("See [the manual](https://example.com/a_b) now", "See the manual now"),
        ("![a cat](cat.png) sleeps", "a cat sleeps"),
        ("Run `make test` now", "Run make test now"),
        ("Before ```print(1)``` after", "Before after"),
        ("| Room | Temp |", "Room, Temp"),
        ("|------|:----:|", ""),
        ("Gone ~~away~~ <b>home</b><br/>now", "Gone away home now"),
        (r"A \*star\*", "A star"),
        ("sensor.living_room", "sensor.living room"),
        ("3 * 4 = 12", "three times four equals twelve"),
        ("Done ✅. Well 👍🏽 done 👩‍👩‍👧!", "Done. Well done !"),
        ("Soft\u00adhyphen zero\u200bwidth \ufeffbom", "Softhyphen zerowidth bom"),
        ("lone \ud800surrogate and \x07bell", "lone surrogate and bell"),
        ("wide\u00a0blank\nand\tmore", "wide blank and more"),
        ("5️⃣ things", "five things"),
        ("The next step → go", "The next step to go"),
        ("... and on", "and on"),
    ],
)
def test_marks_of_writing_are_cleaned_away(written: str, said: str) -> None:
    assert Normalizer({}).spoken(written, "en") == said


@pytest.mark.parametrize(
    "text", ["", " ", "👍", "...", "?!", "---", "```", "**", "| |", "\u200b", "\ud800", "🏠✨", "()"]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_text_with_nothing_speakable_becomes_empty(text: str, language: str) -> None:
    assert Normalizer({}).spoken(text, language) == ""


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("pl", "Jest 21,5 °C", "Jest 21,5 stopnia Celsjusza"),
        ("pl", "5 km", "5 kilometrów"),
        ("sv", "3,5 kWh", "3,5 kilowattimmar"),
        ("pt-BR", "-4 %", "-4 por cento"),
        ("pt-BR", "2026-11-20", "20 de novembro de 2026"),
        ("cs", "12,50 €", "12,50 eura"),
        ("ru", "10:30, 5 км", "10:30, 5 км"),
        ("xx", "21 °C, 3 things", "21 °C, 3 things"),
    ],
)
def test_other_languages_keep_numerals_and_get_names_where_they_are_known(
    language: str, written: str, said: str
) -> None:
    assert Normalizer({}).spoken(written, language) == said


MIXED = st.text(
    alphabet=st.sampled_from("0123456789.,:-+/%°€$ kWhCmg²³xapm\n\t'’()[]*_`|#<>~第年月日个上Uhr\ud800👍١"), max_size=60
)


@settings(max_examples=400, deadline=None)
@given(text=st.one_of(MIXED, st.text(max_size=60)), language=st.sampled_from(LANGUAGES))
def test_any_text_in_any_language_is_said_without_a_failure(text: str, language: str) -> None:
    said = Normalizer({"a": "b"}).spoken(text, language)
    assert said == said.strip()
    assert said == "" or any(map(str.isalnum, said))
    said.encode()


HOSTILE = [
    *("1", "1.", "1,", "1 ", "1.1.1", "1-", "11:11:", "-", "- ", "a@", "a.", "a1", "0 00 ", "+1 2", "€1", "1/", "1x1 "),
    *(
        "*",
        "**a",
        "_",
        "__a_",
        "`",
        "```",
        "~~~",
        "[",
        "[](",
        "![a](",
        "<a",
        "<a ",
        "&",
        "|",
        "| ",
        "\\",
        "#",
        "> ",
        ">",
    ),
    *(
        " ",
        "\n",
        "\u00a0",
        "http://",
        "www.",
        "1.111.111",
        "1'000",
        "(123) ",
        "00:",
        "aa:bb:",
        "20.11.",
        "2026-11-",
        "第1",
    ),
    *("> ", ">", "20.11.", "2026-11-", "第1", "1 000 ", "5-6-", "°", "% ", "1 kWh/", "a-1", "1st", "\u200d", "١"),
    *("3pm-", "1h 1m", "8h-", "PM2,5", "1. ", "1 Min. ", "the 90s ", "between 1-2 ", "seit 1 neue ", "1 Mio. "),
]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_hostile_text_of_20000_characters_takes_well_under_a_second(hostile: str, language: str) -> None:
    normalizer = Normalizer({"wlan": "W LAN", "home assistant": "Home Assistant"})
    normalizer.warm(language)
    text = (hostile * 20_000)[:20_000]
    began = time.process_time()
    normalizer.spoken(text, language)
    assert time.process_time() - began < 0.7


def test_a_typical_sentence_takes_well_under_a_millisecond() -> None:
    normalizer = Normalizer({"wlan": "W LAN"})
    normalizer.warm("en")
    sentences = [f"The temperature in the kitchen is {number / 10} °C and rising now." for number in range(200, 300)]
    normalizer.spoken(sentences[0], "en")
    began = time.process_time()
    for sentence in sentences[1:]:
        normalizer.spoken(sentence, "en")
    assert (time.process_time() - began) / 99 < 0.001


def test_a_sentence_said_again_is_remembered() -> None:
    normalizer = Normalizer({})
    assert normalizer.spoken("It is 5 °C", "en") is normalizer.spoken("It is 5 °C", "en")


def test_the_libraries_are_not_loaded_before_they_are_needed() -> None:
    code = (
        "import sys; from voxd.text.normalizer import Normalizer; from voxd.text.sentences import SentenceSplitter; "
        "Normalizer({}).spoken('Hello there', 'en'); "
        "sys.exit('babel' in sys.modules or 'num2words' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
