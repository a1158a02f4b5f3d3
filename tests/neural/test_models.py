"""Which model speaks for which settings."""

import subprocess
import sys
from pathlib import Path

import pytest
from models_for_tests import SineModel

from voxd.errors import EngineError
from voxd.neural.models import speech_model
from voxd.settings.engines import PocketSettings, PythonSettings


def test_a_model_of_the_owners_is_made_with_its_options(tmp_path: Path) -> None:
    settings = PythonSettings(model="models_for_tests:SineModel", options={"speakers": "carl", "rate_hz": 16000})
    model = speech_model(settings, tmp_path, tmp_path)
    assert isinstance(model, SineModel)
    assert model.load(lambda _: None).speakers == ("carl",)


@pytest.mark.parametrize(
    ("path", "options", "said"),
    [
        ("nowhere.at_all:Model", {}, "cannot be imported"),
        ("models_for_tests:Nobody", {}, "has no Nobody"),
        ("models_for_tests:SineModel", {"volume": 11}, "volume"),
    ],
)
def test_a_model_that_cannot_be_made_is_told_in_a_sentence(
    path: str, options: dict[str, str | int | float | bool], said: str, tmp_path: Path
) -> None:
    with pytest.raises(EngineError, match=said):
        speech_model(PythonSettings(model=path, options=options), tmp_path, tmp_path)


def test_without_the_neural_part_pocket_tts_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pocket_tts", None)
    with pytest.raises(EngineError, match="pocket needs the neural part of voxd, which is not installed here"):
        speech_model(PocketSettings(), tmp_path, tmp_path)


def test_a_host_imports_no_library_that_its_model_does_not_need() -> None:
    code = "import sys, voxd.commands.engine, voxd.neural.models; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
