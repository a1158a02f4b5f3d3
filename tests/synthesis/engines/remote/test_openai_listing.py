"""What servers list of themselves, in all the shapes that were met."""

from typing import Any

import pytest

from voxd.errors import ProtocolError
from voxd.settings.engines import OpenAiSettings
from voxd.synthesis.engines.remote.openai.catalogue import Catalogue, Kind, kind_of, speakers, speaking_models
from voxd.synthesis.engines.remote.openai.clips import UPLOADED
from voxd.synthesis.engines.remote.openai.listing import ListedModel, ListedVoice, models_in, uploaded_in, voices_in


@pytest.mark.parametrize(
    "answer",
    [
        {"voices": ["a", "b"], "uploaded_voices": []},
        {"voices": [{"id": "a", "name": "a"}, {"id": "b", "name": "B"}]},
        {"voices": [{"name": "a"}, {"name": "b"}, {"name": "a"}], "object": "list"},
        [{"id": "a", "name": "Anna"}, "b"],
        {"voices": ["a", None, 7, {"gender": "female"}, "", "b", "esc\x1b[31m", "x" * 201]},
    ],
)
def test_voices_are_found_in_every_shape(answer: object) -> None:
    assert [voice.name for voice in voices_in(answer)] == ["a", "b"]


@pytest.mark.parametrize("answer", [None, 7, "voices", {}, {"voices": {}}, {"voices": None}, {"data": 3}])
def test_what_lists_nothing_is_nothing(answer: Any) -> None:
    assert not voices_in(answer)
    assert not models_in(answer)
    assert uploaded_in(answer) is None


def test_languages_are_tags_as_bcp_47_writes_them() -> None:
    found = voices_in(
        {"voices": [{"name": name, "language": name} for name in ("en-us", "PT-br", "zh", "zh-Hans", "1")]}
    )
    assert [voice.languages for voice in found] == [("en-US",), ("pt-BR",), ("zh",), ("zh-Hans",), ()]


def test_the_program_is_known_by_what_it_lists() -> None:
    assert kind_of((ListedModel("x", "vllm"),), takes_voices=False) is Kind.VLLM_OMNI
    assert kind_of((), takes_voices=True) is Kind.VLLM_OMNI
    assert kind_of((ListedModel("tts-1", "kokoro"),), takes_voices=False) is Kind.KOKORO
    assert kind_of((ListedModel("x", "speaches-ai", task="text-to-speech"),), takes_voices=False) is Kind.SPEACHES
    assert kind_of((ListedModel("tts-1", "openai-internal"),), takes_voices=False) is Kind.OTHER


@pytest.mark.parametrize(
    ("listed", "wanted", "chosen"),
    [
        (["a"], None, ["a"]),
        (["a", "b"], "b", ["b"]),
        (["a"], "an-alias", ["an-alias"]),
        ([], None, []),
        (["tts-1-hd", "tts-1", "gpt-4o-mini-tts"], None, ["gpt-4o-mini-tts"]),
        (["llama-3", "chatterbox-tts", "whisper"], None, ["chatterbox-tts"]),
    ],
)
def test_the_model_is_the_owners_or_the_only_one_that_speaks(
    listed: list[str], wanted: str | None, chosen: list[str]
) -> None:
    found = speaking_models(tuple(map(ListedModel, listed)), wanted)
    assert [model.name for model in found] == chosen


def test_the_owner_is_asked_where_several_models_may_speak_and_told_where_none_does() -> None:
    with pytest.raises(ProtocolError, match=r"several models \(llama-3, mixtral\): say which one speaks \(model\)"):
        speaking_models((ListedModel("llama-3"), ListedModel("mixtral")), None)
    with pytest.raises(ProtocolError, match="no model that speaks; download one there"):
        speaking_models((ListedModel("whisper", task="automatic-speech-recognition"),), None)


def test_uploaded_voices_of_any_voxd_are_no_speakers_of_the_house() -> None:
    listed = ("default", "vivian", "voxd-mum-2-0123456789abcdef")
    catalogue = Catalogue(Kind.VLLM_OMNI, (), tuple(map(ListedVoice, listed)))
    assert [each.name for each in speakers(catalogue, OpenAiSettings(), UPLOADED)] == ["vivian", "default"]


def test_openais_models_have_the_voices_that_are_listed_nowhere() -> None:
    newer = Catalogue(Kind.OTHER, (ListedModel("gpt-4o-mini-tts"),), None)
    older = Catalogue(Kind.OTHER, (ListedModel("tts-1-hd"),), None)
    unlike = {each.name for each in speakers(newer, OpenAiSettings(), UPLOADED)} - {
        each.name for each in speakers(older, OpenAiSettings(), UPLOADED)
    }
    assert unlike == {"ballad", "cedar", "marin", "verse"}
