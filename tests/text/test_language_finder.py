"""The language of a sentence: clear notifications are told, names and exclamations are not."""

import subprocess
import sys
from itertools import permutations

import pytest
from notifications import IN_NO_LANGUAGE, SENTENCES

from voxd.text.language_finder import LanguageFinder, LanguageModel
from voxd.text.scripts import script_of, scripts_of

LATIN = ("en", "de", "fr", "es", "it", "nl")
PAIRS = tuple(permutations(LATIN, 2))
Finders = dict[str, LanguageFinder]


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel()


@pytest.fixture(scope="module")
def everywhere(model: LanguageModel) -> LanguageFinder:
    return LanguageFinder(SENTENCES, model)


@pytest.fixture(scope="module")
def finders(model: LanguageModel) -> Finders:
    """One for each language."""
    return {tag: LanguageFinder([tag], model) for tag in LATIN}


@pytest.mark.parametrize("language", SENTENCES)
def test_notifications_are_told_among_all_languages_or_left_open(everywhere: LanguageFinder, language: str) -> None:
    found = [everywhere.found(sentence, "en-US") for sentence in SENTENCES[language]]
    own = "en-US" if language == "en" else language
    assert set(found) <= {own, None}, "none is taken for another language"
    assert found.count(own) >= 0.75 * len(found)


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_notifications_are_told_in_houses_of_two_languages(finders: Finders, own: str, other: str) -> None:
    found = [finders[other].found(sentence, own) for sentence in SENTENCES[other]]
    assert found.count(other) >= 0.85 * len(found)
    assert own not in found
    assert other not in [finders[other].found(sentence, own) for sentence in SENTENCES[own]]


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_names_and_exclamations_are_in_no_language(finders: Finders, own: str, other: str) -> None:
    wrong = [text for text in IN_NO_LANGUAGE if finders[other].found(text, own) not in (None, own)]
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize("third", LATIN)
def test_a_language_that_nobody_named_is_not_taken_for_another(finders: Finders, third: str) -> None:
    for own, other in permutations([tag for tag in LATIN if tag != third], 2):
        wrong = [text for text in SENTENCES[third] if finders[other].found(text, own) == other]
        assert len(wrong) <= 1, f"{third} in a house of {own} and {other}"


def test_the_own_language_keeps_its_region_and_the_first_of_two_regions_is_meant(model: LanguageModel) -> None:
    finder = LanguageFinder(["en-GB", "de-AT", "de"], model)
    assert finder.found("The washing machine is done.", "en-US") == "en-US"
    assert finder.found("The washing machine is done.", "fr") == "en-GB"
    assert finder.found("Die Waschmaschine ist fertig.", "en-US") == "de-AT"


def test_a_language_may_have_two_names(model: LanguageModel) -> None:
    finder = LanguageFinder(["nb"], model)
    assert finder.found("Vaskemaskinen er ferdig, og noen står ved døren.", "en") == "nb"
    assert finder.untold == ()


def test_a_language_that_is_not_known_is_named(model: LanguageModel) -> None:
    assert LanguageFinder(["de", "tlh", "zh"], model).untold == ("tlh",)


def test_scripts_are_told_without_the_model() -> None:
    finder = LanguageFinder(["zh", "ru", "el"])
    assert finder.found("门开了", "en") == "zh"
    assert finder.found("Кто-то у двери.", "en") == "ru"
    assert finder.found("Hello, the door is open.", "zh") is None
    assert finder.found("Musik: 王菲 singt auf dem Balkon", "de") is None, "most of it is Latin"
    assert finder.found("打开 WiFi 开关", "en") == "zh"
    assert LanguageFinder(["ja", "zh"]).found("玄関に誰かいます", "en") == "ja"
    assert LanguageFinder(["ru", "uk"]).found("Кто-то у двери.", "en") is None, "either of them"


def test_russian_and_ukrainian_are_told_apart(model: LanguageModel) -> None:
    finder = LanguageFinder(["ru", "uk"], model)
    assert finder.found("В подвале обнаружен дым, позвоните нам.", "en") == "ru"
    assert finder.found("Пральна машина закінчила роботу.", "en") == "uk"


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Hello", "LATIN"),
        ("Größe", "LATIN"),
        ("12:30", ""),
        ("", ""),
        ("…", ""),
        ("门", "CJK"),
        ("テスト", "KANA"),
        ("문이 열렸습니다", "HANGUL"),
        ("שלום", "HEBREW"),
        ("दरवाज़ा", "DEVANAGARI"),
    ],
)
def test_the_script_of_a_text_is_that_of_most_letters(text: str, script: str) -> None:
    assert script_of(text) == script


def test_languages_have_scripts() -> None:
    assert scripts_of("de-AT") == scripts_of("zh-Latn-pinyin") == scripts_of("tlh") == {"LATIN"}
    assert scripts_of("sr") == {"CYRILLIC", "LATIN"}
    assert scripts_of("ja") == {"CJK", "KANA"}
    assert "CJK" in scripts_of("zh-CN")


def test_a_long_sentence_is_looked_at_only_in_its_beginning(model: LanguageModel) -> None:
    finder = LanguageFinder(["de"], model)
    assert finder.found("Die Waschmaschine ist fertig. " * 20 + "The door is open. " * 1000, "en") == "de"


def test_nothing_is_imported_that_is_not_wanted() -> None:
    looked = "import sys, voxd.announcing.speaking.speech; sys.exit('py3langid' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", looked], check=False, timeout=60).returncode == 0
