"""Fetching one voice out of Piper's repository of many."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from fake_hub import Hub as FakeHub
from fake_hub import serving, sha256
from piper_voices import NAME, write_voice

from voxd.errors import BadRequestError
from voxd.neural.hub import fetching
from voxd.neural.hub.client import Hub
from voxd.neural.hub.repository import Repository, repositories_in
from voxd.neural.hub.trouble import HubError
from voxd.neural.piper.voice_file import find_voice

FOLDER = "en/en_US/tiny/medium"
LOCAL = f"rhasspy--piper-voices--{NAME}"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fetching, "FIRST_WAIT_S", 0.01)
    model = write_voice(tmp_path / "published")
    files = {
        f"{FOLDER}/{NAME}.onnx": model.read_bytes(),
        f"{FOLDER}/{NAME}.onnx.json": Path(f"{model}.json").read_bytes(),
        f"{FOLDER}/MODEL_CARD": b"# Tiny",
        f"{FOLDER}/samples/speaker_0.mp3": b"ID3",
        "en/en_US/other/medium/en_US-other-medium.onnx": b"another",
        "en/en_US/other/medium/en_US-other-medium.onnx.json": b"{}",
        "en/en_US/half/low/en_US-half-low.onnx": b"half",
        "voices.json": b"{}",
    }
    with serving(FakeHub("rhasspy/piper-voices", files)) as hub:
        yield hub


def nobody(_folder: Path, _total: int) -> AbstractContextManager[None]:
    return nullcontext()


def fetch(hub: FakeHub, models: Path, name: str = NAME) -> bool:
    return fetching.fetch(Hub(hub.address), Repository.of(name), "main", models, nobody)


def test_one_voice_comes_and_nothing_else_and_is_found_by_its_name(hub: FakeHub, tmp_path: Path) -> None:
    models = tmp_path / "models"
    assert fetch(hub, models)
    assert not fetch(hub, models)
    files = sorted(path.relative_to(models).as_posix() for path in models.rglob("*") if path.is_file())
    inside = f"{LOCAL}/{FOLDER}/{NAME}"
    assert files == [f"{inside}.onnx", f"{inside}.onnx.json", f"{LOCAL}/voxd-manifest.json"]
    assert find_voice(NAME, models).name == NAME
    assert find_voice(f"rhasspy/piper-voices/{NAME}", models).name == NAME


def test_the_manifest_tells_its_hashes_and_its_damage_is_found(hub: FakeHub, tmp_path: Path) -> None:
    models = tmp_path / "models"
    fetch(hub, models)
    told = json.loads((models / LOCAL / "voxd-manifest.json").read_bytes())
    name = f"{FOLDER}/{NAME}.onnx"
    assert told["files"][name]["sha256"] == sha256(hub.files[name])
    (models / LOCAL / name).write_bytes(b"damaged")
    assert fetch(hub, models)
    assert (models / LOCAL / name).read_bytes() == hub.files[name]


def test_a_new_revision_takes_over_what_did_not_change(hub: FakeHub, tmp_path: Path) -> None:
    models = tmp_path / "models"
    fetch(hub, models)
    hub.files[f"{FOLDER}/{NAME}.onnx.json"] += b" "
    asked = len(hub.downloads())
    assert fetch(hub, models)
    assert [one.split()[1].rpartition("/")[2] for one in hub.downloads()[asked:]] == [f"{NAME}.onnx.json"]


def test_two_voices_lie_side_by_side(hub: FakeHub, tmp_path: Path) -> None:
    models = tmp_path / "models"
    fetch(hub, models)
    fetch(hub, models, "rhasspy/piper-voices/en_US-other-medium")
    assert [str(one) for one in repositories_in(models)] == [
        "rhasspy/piper-voices/en_US-other-medium",
        f"rhasspy/piper-voices/{NAME}",
    ]


@pytest.mark.parametrize("name", ["en_US-nobody-low", "en_US-half-low"])
def test_a_voice_that_is_not_there_is_an_error_by_name(hub: FakeHub, tmp_path: Path, name: str) -> None:
    with pytest.raises(HubError, match=f"piper-voices has no voice {name}"):
        fetch(hub, tmp_path / "models", name)


def test_names_as_people_write_them() -> None:
    assert str(Repository.of("pt_PT-tugão-medium")) == "rhasspy/piper-voices/pt_PT-tugão-medium"
    for name in ("en_US-lessac", "a/b/../c", "a/b/c/d", "a/b--c", "../en_US-lessac-medium"):
        with pytest.raises(BadRequestError, match="not the name of a model"):
            Repository.of(name)
