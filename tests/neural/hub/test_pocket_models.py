"""Fetching one model of Pocket TTS out of a repository that has one for each language."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from fake_hub import Hub as FakeHub
from fake_hub import serving

from voxd.errors import EngineError
from voxd.neural.hub import fetching
from voxd.neural.hub.client import Hub
from voxd.neural.hub.repository import Repository, repositories_in
from voxd.neural.hub.trouble import HubError
from voxd.neural.pocket.checkpoint import find_checkpoint

REPO = "kyutai/pocket-tts"


def language(name: str, *tokenizers: str) -> dict[str, bytes]:
    """The files of one language, as they lie on the hub."""
    own = ("model.safetensors", "embeddings/alba.safetensors", "embeddings/juergen.safetensors", *tokenizers)
    return {f"languages/{name}/{file}": f"{name} {file}".encode() for file in own}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fetching, "FIRST_WAIT_S", 0.01)
    files = {
        **language("english", "tokenizer.json", "tokenizer.model"),
        **language("german", "tokenizer.model"),
        **language("english_2026-10"),
        "tts_b6369a24.safetensors": b"the first one",
        "tokenizer.model": b"its vocabulary",
        "README.md": b"# Pocket TTS",
        "languages/german/reference.wav": b"RIFF",
        "languages/german/switch.py": b"print('not wanted')",
    }
    with serving(FakeHub(REPO, files)) as hub:
        yield hub


def fetch(hub: FakeHub, models: Path, name: str = REPO) -> set[str]:
    """What lies there once it has been fetched."""

    def watched(_folder: Path, _total: int) -> AbstractContextManager[None]:
        return nullcontext()

    repository = Repository.of(name)
    assert fetching.fetch(Hub(hub.address), repository, "main", models, watched)
    assert not fetching.fetch(Hub(hub.address), repository, "main", models, watched), "a second time there is nothing"
    folder = repository.folder(models)
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return found - {"voxd-manifest.json"}


def test_without_a_language_it_is_english_and_its_voices_come_with_it(hub: FakeHub, tmp_path: Path) -> None:
    assert fetch(hub, tmp_path) == set(language("english", "tokenizer.json", "tokenizer.model"))
    found = find_checkpoint(REPO, tmp_path)
    own = tmp_path / "kyutai--pocket-tts/languages/english"
    assert found.name == "english"
    assert found.config["weights_path"] == str(own / "model.safetensors")
    assert found.config["flow_lm"]["lookup_table"]["tokenizer_path"] == str(own / "tokenizer.json")
    assert set(found.voices) == {"alba", "juergen"}


def test_a_language_is_asked_for_by_its_name_and_has_a_folder_of_its_own(hub: FakeHub, tmp_path: Path) -> None:
    assert fetch(hub, tmp_path, f"{REPO}/german") == set(language("german", "tokenizer.model"))
    found = find_checkpoint(f"{REPO}/german", tmp_path)
    assert found.folder == tmp_path / "kyutai--pocket-tts--german"
    assert found.config["flow_lm"]["lookup_table"]["tokenizer"] == "sentencepiece"
    assert [str(each) for each in repositories_in(tmp_path)] == [f"{REPO}/german"]
    with pytest.raises(EngineError, match=f"not here .* run `voxd models fetch {REPO}`"):
        find_checkpoint(REPO, tmp_path)


def test_a_model_without_a_vocabulary_of_its_own_gets_those_of_the_others(hub: FakeHub, tmp_path: Path) -> None:
    hub.files["languages/english_2026-09/tokenizer.json"] = b"{}"
    assert "languages/english_2026-09/tokenizer.json" in fetch(hub, tmp_path, f"{REPO}/english_2026-10")
    tokenizer = find_checkpoint(f"{REPO}/english_2026-10", tmp_path).config["flow_lm"]["lookup_table"]["tokenizer_path"]
    assert tokenizer.endswith("languages/english_2026-09/tokenizer.json")


def test_an_unknown_language_is_told_with_those_there_are(hub: FakeHub, tmp_path: Path) -> None:
    with pytest.raises(HubError, match="has no model klingon; it has english, english_2026-10, german"):
        fetch(hub, tmp_path, f"{REPO}/klingon")


def test_a_model_of_somebody_else_comes_with_its_configuration_and_voices(hub: FakeHub, tmp_path: Path) -> None:
    own = {"czech.yaml", "model.safetensors", "tokenizer.model", "voices/eva.safetensors"}
    hub.files = {name: name.encode() for name in (*own, "voices/eva.wav", "sub/other.yaml", "train.py", "model.pt")}
    assert fetch(hub, tmp_path) == own


def test_a_newer_revision_takes_over_what_did_not_change(hub: FakeHub, tmp_path: Path) -> None:
    fetch(hub, tmp_path)
    hub.files["languages/english/embeddings/eve.safetensors"] = b"a further voice"
    hub.asked.clear()
    assert "languages/english/embeddings/eve.safetensors" in fetch(hub, tmp_path)
    assert len(hub.downloads()) == 1
