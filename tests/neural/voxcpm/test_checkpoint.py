"""A model's folder: what is wrong with it is told so that the owner can mend it."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from voxd.errors import EngineError
from voxd.neural.model_files import MANIFEST
from voxd.neural.voxcpm.checkpoint import find_checkpoint

from .conftest import own_model

REPOSITORY = "openbmb/VoxCPM1.5"
FETCH = "run `voxd models fetch openbmb/VoxCPM1.5`"


@pytest.fixture(scope="module")
def written(checkpoint_of: Callable[..., Path]) -> Path:
    """Never changed."""
    return checkpoint_of(stops=True)


@pytest.fixture
def models(tmp_path: Path, written: Path) -> Path:
    """A folder of fetched models with a copy of it."""
    folder = tmp_path / "openbmb--VoxCPM1.5"
    folder.mkdir()
    for file in written.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return tmp_path


@pytest.fixture
def folder(models: Path) -> Path:
    return models / "openbmb--VoxCPM1.5"


def test_a_fetched_repository_is_found_by_its_name(models: Path, folder: Path) -> None:
    found = find_checkpoint(REPOSITORY, models)
    assert (found.folder, found.architecture) == (folder, "voxcpm")


def test_a_folder_of_the_owners_own_is_found_by_its_path(folder: Path, tmp_path: Path) -> None:
    assert find_checkpoint(str(folder), tmp_path / "nowhere").folder == folder


def test_what_upstream_prints_while_it_is_loaded_is_not_heard(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    own_model(folder).load(lambda _: None)
    assert capfd.readouterr() == ("", "")


def test_a_model_that_is_not_there_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=FETCH):
        find_checkpoint(REPOSITORY, tmp_path)
    with pytest.raises(EngineError, match="put the whole model there"):
        find_checkpoint(str(tmp_path / "mine"), tmp_path)


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("config.json", "config.json"),
        ("tokenizer.json", "tokenizer.json"),
        ("model.safetensors", "model.safetensors or pytorch_model.bin"),
        ("audiovae.pth", "audiovae.safetensors or audiovae.pth"),
    ],
)
def test_a_model_that_is_not_whole_names_what_it_lacks(models: Path, folder: Path, missing: str, named: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(EngineError, match=f"lacks {named}: {FETCH}"):
        find_checkpoint(REPOSITORY, models)


def test_a_file_that_cannot_be_read_is_told(models: Path, folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.unlink()
    weights.symlink_to("/proc/self/mem")  # which refuses root, too
    with pytest.raises(EngineError, match="cannot be read: Input/output error"):
        find_checkpoint(REPOSITORY, models)


def test_another_kind_of_model_is_refused(models: Path, folder: Path) -> None:
    (folder / "config.json").write_text('{"architecture": "llama"}')
    with pytest.raises(EngineError, match="of a model 'llama'"):
        find_checkpoint(REPOSITORY, models)


@pytest.mark.parametrize("config", ["", "[]", "null", "{", '"architecture"'])
def test_a_damaged_configuration_is_told(models: Path, folder: Path, config: str) -> None:
    (folder / "config.json").write_text(config)
    with pytest.raises(EngineError, match=r"config\.json (cannot be read|is of a model)"):
        find_checkpoint(REPOSITORY, models)


def test_a_configuration_that_lacks_something_is_told(folder: Path) -> None:
    (folder / "config.json").write_text('{"architecture": "voxcpm"}')
    with pytest.raises(EngineError, match=r"cannot be used: .*lm_config"):
        own_model(folder).load(lambda _: None)


def test_other_weights_have_another_hash_and_the_same_ones_the_same(models: Path, folder: Path) -> None:
    first = find_checkpoint(REPOSITORY, models).weights_hash
    assert find_checkpoint(str(folder), models).weights_hash == first
    weights = bytearray((folder / "audiovae.pth").read_bytes())
    weights[-1] ^= 1
    (folder / "audiovae.pth").write_bytes(weights)
    assert find_checkpoint(REPOSITORY, models).weights_hash != first


def test_what_takes_the_place_of_a_fetched_file_of_the_same_size_has_another_hash(models: Path, folder: Path) -> None:
    weights = bytearray((folder / "model.safetensors").read_bytes())
    noted = {"files": {"model.safetensors": {"sha256": "a" * 64, "bytes": len(weights)}}}
    (folder / MANIFEST).write_text(json.dumps(noted))
    first = find_checkpoint(REPOSITORY, models).weights_hash
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    assert find_checkpoint(REPOSITORY, models).weights_hash != first


def test_what_fetching_noted_is_trusted_as_long_as_the_size_agrees(models: Path, folder: Path) -> None:
    size = (folder / "model.safetensors").stat().st_size

    def hash_with(sha256: str, size: int) -> str:
        noted = {"files": {"model.safetensors": {"sha256": sha256, "bytes": size}}}
        (folder / MANIFEST).write_text(json.dumps(noted))
        return find_checkpoint(REPOSITORY, models).weights_hash

    assert hash_with("a" * 64, size) != hash_with("b" * 64, size)
    assert hash_with("a" * 64, size + 1) == hash_with("b" * 64, size + 1)


def test_a_tokenizer_of_another_model_is_told(folder: Path) -> None:
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"]["H"] = 4_000
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(EngineError, match=r"tokenizer\.json of the model is another model's"):
        own_model(folder).load(lambda _: None)


def altered(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the weights of the language models."""
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights = {name: weight.clone() for name, weight in weights.items()}
    change(weights)
    save_file(weights, folder / "model.safetensors")


def test_a_weight_that_is_not_there_is_named(folder: Path) -> None:
    altered(folder, lambda weights: weights.pop("stop_head.weight"))
    with pytest.raises(EngineError, match=r"lacks weights: stop_head\.weight\. Fetch it again"):
        own_model(folder).load(lambda _: None)


def test_many_missing_weights_are_counted(folder: Path) -> None:
    altered(folder, lambda weights: [weights.pop(name) for name in list(weights) if name.startswith("base_lm")])
    with pytest.raises(EngineError, match=r"lacks weights: base_lm\.\S+, base_lm\.\S+, base_lm\.\S+ and \d+ more"):
        own_model(folder).load(lambda _: None)


def test_a_weight_that_no_layer_takes_is_named(folder: Path) -> None:
    altered(folder, lambda weights: weights.update({"surprise": weights["stop_head.weight"].clone()}))
    with pytest.raises(EngineError, match="has weights that its architecture has not: surprise"):
        own_model(folder).load(lambda _: None)


def test_a_weight_of_another_shape_is_named(folder: Path) -> None:
    altered(folder, lambda weights: weights.update({"stop_head.weight": weights["stop_head.weight"][:, :3].clone()}))
    with pytest.raises(EngineError, match=r"another shape than its config\.json tells: stop_head\.weight"):
        own_model(folder).load(lambda _: None)


@pytest.mark.parametrize("name", ["model.safetensors", "audiovae.pth"])
@pytest.mark.parametrize("kept", [0.5, 0.0])
def test_weights_that_were_cut_off_are_told(folder: Path, name: str, kept: float) -> None:
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(EngineError, match=rf"{name} is damaged .*Fetch the model again"):
        own_model(folder).load(lambda _: None)


@pytest.mark.parametrize("held", [b"version https://git-lfs.github.com/spec/v1", b"<!doctype html>", b"\x80\x02h."])
def test_what_is_no_list_of_weights_is_damaged_and_not_dangerous(folder: Path, held: bytes) -> None:
    (folder / "audiovae.pth").write_bytes(held)
    with pytest.raises(EngineError, match=r"audiovae\.pth is damaged .*Fetch the model again"):
        own_model(folder).load(lambda _: None)


class Trap:
    """Runs when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._path,)


@pytest.mark.parametrize("modern", [True, False])
def test_a_model_with_a_program_in_it_is_refused_and_the_program_does_not_run(
    folder: Path, tmp_path: Path, modern: bool
) -> None:
    import torch

    sprung = tmp_path / "sprung"
    if modern:
        torch.save({"state_dict": {"weight": Trap(sprung)}}, folder / "audiovae.pth")
    else:
        (folder / "audiovae.pth").write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(EngineError, match=r"runs no code .* Get the model as audiovae\.safetensors"):
        own_model(folder).load(lambda _: None)
    assert not sprung.exists()


def test_both_kinds_of_weights_are_read(folder: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    save_file(torch.load(folder / "audiovae.pth", weights_only=True)["state_dict"], folder / "audiovae.safetensors")
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "audiovae.pth").unlink()
    (folder / "model.safetensors").unlink()
    assert own_model(folder).load(lambda _: None).rate_hz == 44_100
