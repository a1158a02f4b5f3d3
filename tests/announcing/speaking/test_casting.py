"""Who may speak a text: the voice asked for, its fallbacks, the last resort, each in its own way."""

import pytest
from engines_for_tests import SineEngine

from voxd.announcing.speaking.casting import Casting
from voxd.model.announcement import Priority
from voxd.settings import SpeechSettings, VoiceSettings
from voxd.synthesis.engine import EngineTraits, Speaker
from voxd.synthesis.voices import VoiceBook

BRITISH_FIRST = (Speaker("en-gb", ("en-GB", "en")), Speaker("en-us", ("en-US", "en")), Speaker("de", ("de",)))


def casting(away: bool = False, **mum: object) -> Casting:
    sine, last, distant = SineEngine(), SineEngine("espeak"), SineEngine("distant")
    last.speakers = BRITISH_FIRST
    last.traits = EngineTraits("espeak 1", 22050, changes_rate=True)
    distant.speakers = () if away else distant.speakers
    engines = {engine.name: engine for engine in (sine, last, distant)}
    voices = {
        "mum": VoiceSettings.model_validate({"engine": "sine", "speaker": "anna"} | mum),
        "distant": VoiceSettings(engine="distant"),
        "slow": VoiceSettings(engine="espeak", speaker="en-us", rate=0.8),
    }
    return Casting(VoiceBook(voices, "mum", engines), engines, SpeechSettings())


def stand_ins(of: Casting, language: str | None = None, rate: float | None = None, voice: str = "mum") -> list[object]:
    cast = of.announced(of.style(voice, language, rate), Priority.NORMAL)
    found: list[object] = []
    number = 1
    while cast.has(number):
        style = cast.style(number)
        found.append((style.voice.name, style.language, style.rate))
        number += 1
    return found


def test_the_last_resort_is_the_voice_that_speaks_the_very_language() -> None:
    assert stand_ins(casting(), "en-US") == [("slow", "en-US", 0.8)], "the owner's own voices come first"
    assert stand_ins(casting(), "en-GB") == [("espeak-en-gb", "en-GB", 1.0)]


@pytest.mark.parametrize("asked", ["de-AT", "de"])
def test_a_language_is_understood_in_its_other_regions(asked: str) -> None:
    assert stand_ins(casting(), asked, voice="sine-bert") == [("espeak-de", "de", 1.0)]


def test_fallbacks_come_in_their_order_each_once_with_their_own_rate() -> None:
    of = casting(fallbacks=["espeak-en-gb", "mum", "slow", "espeak-en-gb"])
    assert stand_ins(of, "en-US") == [("espeak-en-gb", "en-GB", 1.0), ("slow", "en-US", 0.8)]


def test_a_fallback_that_has_not_told_its_languages_is_tried() -> None:
    assert stand_ins(casting(away=True, fallbacks="distant"), "en-US")[0] == ("distant", "en-US", 1.0)


def test_a_voice_that_has_not_told_its_language_is_stood_in_for_all_the_same() -> None:
    assert stand_ins(casting(away=True), voice="distant")


def test_whom_nobody_needs_nobody_looks_for() -> None:
    of = casting(first_audio_s=0.5)
    cast = of.rendered(of.style("mum", None, None))
    assert cast.patience_s(0) is None
    assert not cast.has(1)
