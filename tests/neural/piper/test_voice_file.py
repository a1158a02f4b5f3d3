"""A Piper voice on disk: found by path, folder or name, and refused in sentences."""

import json
from pathlib import Path
from typing import Any

import pytest
from piper_voices import NAME, description, speakers, write_voice

from voxd.errors import EngineError
from voxd.neural.piper.description import Description
from voxd.neural.piper.voice_file import find_voice


def told(**others: Any) -> Description:
    """The usual description with other things in it."""
    return Description.model_validate_json(json.dumps(description() | others))


def test_a_voice_is_found_by_its_path_and_by_its_folder(tmp_path: Path) -> None:
    model = write_voice(tmp_path / "mine")
    by_path, by_folder = find_voice(str(model), tmp_path), find_voice(str(tmp_path / "mine"), tmp_path)
    assert by_path == by_folder
    assert (by_path.name, by_path.description.audio.sample_rate) == (NAME, 22_050)


def test_another_network_or_description_is_another_voice(tmp_path: Path) -> None:
    model = write_voice(tmp_path)
    hashes = {find_voice(str(model), tmp_path).hash}
    model.write_bytes(model.read_bytes() + b"\0")
    hashes.add(find_voice(str(model), tmp_path).hash)
    write_voice(tmp_path, inference={"length_scale": 1.5})
    hashes.add(find_voice(str(model), tmp_path).hash)
    assert len(hashes) == 3


def test_what_is_not_here_is_told_with_what_to_do(tmp_path: Path) -> None:
    for model, sentence in (
        (NAME, f"The voice {NAME} is not here: run `voxd models fetch {NAME}`"),
        (f"{tmp_path}/nothing.onnx", "There is no voice .*nothing.onnx: give the path of a NAME.onnx, or fetch one"),
        (f"{tmp_path}", "There is no Piper voice in"),
        ("lessac", "'lessac' is no Piper voice: `model` is the path of a NAME.onnx, or the name of one"),
        ("~no-such-user/a.onnx", "Nobody here has the home of ~no-such-user/a.onnx: write the path out"),
        (__file__, "is no Piper voice: that is a file NAME.onnx with NAME.onnx.json beside it"),
    ):
        with pytest.raises(EngineError, match=sentence):
            find_voice(model, tmp_path)


def test_of_several_voices_in_a_folder_one_has_to_be_named(tmp_path: Path) -> None:
    write_voice(tmp_path, "en_US-a-low")
    write_voice(tmp_path, "en_US-b-low")
    with pytest.raises(EngineError, match=r"There are 2 voices in .*\(en_US-a-low.onnx, en_US-b-low.onnx\)"):
        find_voice(str(tmp_path), tmp_path)


def test_a_voice_without_its_description_is_told(tmp_path: Path) -> None:
    model = write_voice(tmp_path)
    Path(f"{model}.json").unlink()
    with pytest.raises(EngineError, match=f"lacks its description: put {NAME}.onnx.json beside it"):
        find_voice(str(model), tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"<html>404</html>", b'{"audio": {"sample_rate": "fast"}}', b"\xff\xfe"]
)
def test_what_is_no_description_is_told(tmp_path: Path, content: bytes) -> None:
    model = write_voice(tmp_path)
    Path(f"{model}.json").write_bytes(content)
    with pytest.raises(EngineError, match="is no description of a Piper voice"):
        find_voice(str(model), tmp_path)


@pytest.mark.parametrize(
    ("language", "espeak", "tag"),
    [("en_US", "en-us", "en-US"), ("", "en-gb-x-rp", "en-GB-x-rp"), ("", "cmn", "zh-CN"), ("de_DE", "de", "de-DE")],
)
def test_its_language_is_what_it_says_or_what_espeak_reads_it_in(language: str, espeak: str, tag: str) -> None:
    assert told(language={"code": language}, espeak={"voice": espeak}).language_tag == tag


def test_a_voice_of_one_speaker_has_a_speaker_called_default() -> None:
    assert dict(told().speakers) == {"default": None}


def test_speakers_are_named_as_the_voice_names_them_in_the_order_of_their_numbers() -> None:
    assert list(told(num_speakers=3, speaker_id_map={"zoe": 0, "anna": 1}).speakers) == ["zoe", "anna", "2"]
    assert dict(told(**speakers(2)).speakers) == {"speaker0": 0, "speaker1": 1}
