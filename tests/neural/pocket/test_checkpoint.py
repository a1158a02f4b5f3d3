"""Finding a model's files, and saying what is wrong with them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from pocket_checkpoints import configuration

from voxd.errors import EngineError
from voxd.neural.pocket.checkpoint import find_checkpoint
from voxd.neural.pocket.languages import languages_of
from voxd.neural.pocket.upstream_imports import configurations

from .conftest import WEIGHTS, own_model, said

PACKAGED = sorted(path.stem for path in configurations().glob("*.yaml"))


def mine(folder: Path, file: str = "mine.yaml", **overrides: object) -> Path:
    """A model of somebody's own: everything in one folder, and no weights worth the name."""
    folder.mkdir(exist_ok=True)
    config = configuration() | {"weights_path": "model.safetensors"} | overrides
    config["flow_lm"]["lookup_table"]["tokenizer_path"] = "tokenizer.json"
    (folder / file).write_text(yaml.safe_dump(config))
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "tokenizer.json").write_text("{}")
    return folder


@pytest.mark.parametrize("name", PACKAGED)
def test_every_model_of_kyutai_is_found_as_it_lies_on_the_hub_and_has_a_language(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "kyutai--pocket-tts" / "languages" / name
    (folder / "embeddings").mkdir(parents=True)
    for file in ("model.safetensors", "tokenizer.model", "embeddings/alba.safetensors"):
        (folder / file).write_bytes(file.encode())
    found = find_checkpoint("kyutai/pocket-tts", tmp_path)
    assert found.name == name
    assert found.config["weights_path"] == str(folder / "model.safetensors")
    assert found.config["flow_lm"]["lookup_table"]["tokenizer_path"] == str(folder / "tokenizer.model")
    assert found.voices == {"alba": folder / "embeddings/alba.safetensors"}
    assert "://" not in json.dumps(found.config)
    assert len(languages_of([found.name])) == 1
    assert find_checkpoint(str(folder), tmp_path).name == name, "also by its own path"


def test_weights_of_another_repository_are_found_where_they_were_fetched(tmp_path: Path) -> None:
    other = tmp_path / "kyutai--pocket-tts" / "languages" / "english" / "model.safetensors"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"weights")
    folder = mine(tmp_path / "mine", weights_path="hf://kyutai/pocket-tts/languages/english/model.safetensors@main")
    (folder / "model.safetensors").unlink()
    assert find_checkpoint(str(folder), tmp_path).config["weights_path"] == str(other)


def test_the_same_model_is_the_same_wherever_it_lies(tmp_path: Path) -> None:
    first, second = (find_checkpoint(str(mine(tmp_path / name)), tmp_path) for name in ("here", "there"))
    assert first.weights_hash == second.weights_hash
    (tmp_path / "there/model.safetensors").write_bytes(b"others!")
    assert find_checkpoint(str(tmp_path / "there"), tmp_path).weights_hash != first.weights_hash


def test_a_yaml_file_may_be_named_where_there_are_several(tmp_path: Path) -> None:
    folder = mine(mine(tmp_path / "mine"), "other.yaml")
    with pytest.raises(EngineError, match=r"several configurations \(mine.yaml, other.yaml\): name one"):
        find_checkpoint(str(folder), tmp_path)
    assert find_checkpoint(str(folder / "other.yaml"), tmp_path).name == "other"


def test_what_is_wrong_is_told_with_a_cure(tmp_path: Path) -> None:
    def refusal(model: str) -> str:
        with pytest.raises(EngineError) as raised:
            find_checkpoint(model, tmp_path)
        return str(raised.value)

    for model in ("../mine", "mine", "..", "a/b/../c", "kyutai//pocket"):
        assert refusal(model).startswith(f"{model!r} is no model: `model` is the name")
    assert "write the path out" in refusal("~no-such-user/mine")
    assert refusal("kyutai/pocket-tts").endswith("run `voxd models fetch kyutai/pocket-tts`")
    (tmp_path / "kyutai--pocket-tts").mkdir()
    assert "lacks model.safetensors: run `voxd models fetch" in refusal("kyutai/pocket-tts")
    folder = mine(tmp_path / "mine")
    (folder / "tokenizer.json").unlink()
    assert refusal(str(folder)).endswith("is not complete, it lacks tokenizer.json: put the whole model there")
    (folder / "mine.yaml").write_text("flow_lm: [")
    assert f"{folder / 'mine.yaml'} cannot be read" in refusal(str(folder))
    (folder / "mine.yaml").write_text("a: 1")
    assert "is no configuration of Pocket TTS" in refusal(str(folder))
    (folder / "mine.yaml").unlink()
    assert "There is no configuration for the model mine" in refusal(str(folder))


def test_weights_that_are_damaged_or_of_another_model_are_told(copied: Callable[..., Path]) -> None:
    from safetensors.torch import load_file, save_file

    folder = copied()
    file = folder / WEIGHTS
    weights = load_file(file)
    save_file({name: weight for name, weight in weights.items() if name != "flow_lm.bos_emb"}, file)
    with pytest.raises(EngineError, match=r"lacks weights: flow_lm.bos_emb. Fetch it again"):
        own_model(folder).load(lambda _: None)
    save_file({**weights, "flow_lm.bos_emb": weights["flow_lm.bos_emb"][:3].clone()}, file)
    with pytest.raises(EngineError, match=r"another shape than the configuration english tells: flow_lm.bos_emb"):
        own_model(folder).load(lambda _: None)
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(EngineError, match=r"model.safetensors is damaged"):
        own_model(folder).load(lambda _: None)
    (folder / "english.yaml").write_text(yaml.safe_dump(configuration(surprise=1)))
    with pytest.raises(EngineError, match=r"cannot be used: .*surprise"):
        own_model(folder).load(lambda _: None)


def test_the_parts_of_a_model_may_have_a_file_each(template: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    own = template / "languages/english"
    weights, config = load_file(template / WEIGHTS), configuration()
    for part, prefix in (("flow_lm", "flow_lm."), ("mimi", "")):  # as upstream's training leaves them
        held = {name.removeprefix(prefix): each for name, each in weights.items() if name.startswith(f"{part}.")}
        save_file(held, tmp_path / f"{part}.safetensors")
        config[part]["weights_path"] = f"{part}.safetensors"
    config["weights_path"] = None
    (tmp_path / "english.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / "tokenizer.json").write_bytes((own / "tokenizer.json").read_bytes())
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices/alba.safetensors").write_bytes((own / "embeddings/alba.safetensors").read_bytes())
    one, parts = own_model(template), own_model(tmp_path)
    assert one.load(lambda _: None).clones
    assert parts.load(lambda _: None).speakers == ("alba",)
    assert (said(one, "Hello.", speaker="alba") == said(parts, "Hello.", speaker="alba")).all()


def test_the_language_is_told_by_the_name_or_by_the_owner(copied: Callable[..., Path]) -> None:
    assert languages_of(["german_24l"]) == ("de",)
    assert languages_of(["config", "vvolhejn/pocket-tts-czech"]) == ("cs",)
    folder = copied()
    (folder / "english.yaml").rename(folder / "mine.yaml")
    with pytest.raises(EngineError, match="name it in `languages`"):
        own_model(folder).load(lambda _: None)
    assert own_model(folder, languages=("sv",)).load(lambda _: None).languages == ("sv",)
