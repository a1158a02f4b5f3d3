"""Fetching a model from a hub on a real socket: whole or not at all, checked, resumed, and said in sentences."""

import json
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from fake_hub import Hub as FakeHub
from fake_hub import serving, sha256

from voxd.errors import BusyError, StorageError, VoxdError
from voxd.neural.hub import fetching
from voxd.neural.hub.client import Hub
from voxd.neural.hub.manifest import read_manifest
from voxd.neural.hub.repository import Repository
from voxd.neural.hub.trouble import BrokenOffError, HubError

PIECE = 10 * 1024 * 1024
"""huggingface_hub keeps so many bytes at a time."""
REPO = Repository("tiny", "VoxCPM1.5")
WEIGHTS = bytes(range(256)) * 2_000
LARGE = bytes(range(256)) * 100_000


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fetching, "FIRST_WAIT_S", 0.01)
    files = {
        "config.json": b'{"architecture": "voxcpm"}',
        "tokenizer.json": b"{}",
        "model.safetensors": WEIGHTS,
        "pytorch_model.bin": WEIGHTS[::-1],
        "audiovae.pth": WEIGHTS[1:],
        "modeling_voxcpm.py": b"print('not wanted')",
        "README.md": b"# Tiny",
        "assets/voice.json": b"{}",
        "voxd-manifest.json": b"{}",
    }
    with serving(FakeHub(str(REPO), files)) as hub:
        yield hub


def nobody(_folder: Path, _total: int) -> AbstractContextManager[None]:
    return nullcontext()


def fetch(hub: FakeHub, models: Path, revision: str = "main") -> bool:
    return fetching.fetch(Hub(hub.address), REPO, revision, models, nobody)


def test_what_a_model_needs_is_fetched_and_nothing_else(hub: FakeHub, tmp_path: Path) -> None:
    assert fetch(hub, tmp_path)
    folder = tmp_path / "tiny--VoxCPM1.5"
    names = {"config.json", "tokenizer.json", "model.safetensors", "audiovae.pth"}
    assert {path.name for path in folder.iterdir()} == names | {"voxd-manifest.json"}
    assert all((folder / name).read_bytes() == hub.files[name] for name in names)
    assert list(tmp_path.iterdir()) == [folder]


def test_the_manifest_tells_the_commit_and_every_file(hub: FakeHub, tmp_path: Path) -> None:
    fetch(hub, tmp_path)
    told = json.loads((tmp_path / "tiny--VoxCPM1.5/voxd-manifest.json").read_bytes())
    assert told["repo"] == "tiny/VoxCPM1.5"
    assert told["revision"] == hub.commit
    assert told["files"]["model.safetensors"] == {"sha256": sha256(WEIGHTS), "bytes": len(WEIGHTS)}


def test_pickled_weights_are_fetched_where_there_are_no_others(hub: FakeHub, tmp_path: Path) -> None:
    del hub.files["model.safetensors"]
    hub.files["audiovae.safetensors"] = hub.files["audiovae.pth"]
    fetch(hub, tmp_path)
    names = {path.name for path in (tmp_path / "tiny--VoxCPM1.5").iterdir()}
    assert "pytorch_model.bin" in names
    assert "audiovae.pth" not in names


def test_a_second_fetch_downloads_nothing(hub: FakeHub, tmp_path: Path) -> None:
    fetch(hub, tmp_path)
    hub.asked.clear()
    assert not fetch(hub, tmp_path)
    assert hub.downloads() == []


def test_a_connection_that_breaks_is_taken_up_where_it_broke(hub: FakeHub, tmp_path: Path) -> None:
    hub.files["model.safetensors"] = LARGE
    hub.break_off_after = [len(WEIGHTS), PIECE + 100]
    assert fetch(hub, tmp_path)
    assert [asked.split()[-1] for asked in hub.downloads() if "bytes=" in asked] == [f"bytes={PIECE}-"]
    assert not fetch(hub, tmp_path)


def test_a_hub_that_breaks_off_often_is_asked_as_long_as_something_comes(hub: FakeHub, tmp_path: Path) -> None:
    hub.files["model.safetensors"] = LARGE
    hub.break_off_after = [len(WEIGHTS), PIECE, 0, 0, 0, 0, PIECE, 0, 0, 0, 0]
    assert fetch(hub, tmp_path)


def test_another_run_goes_on_where_the_first_stopped(hub: FakeHub, tmp_path: Path) -> None:
    hub.files["model.safetensors"] = LARGE
    hub.break_off_after = [len(WEIGHTS), PIECE, *[0] * 10]
    with pytest.raises(BrokenOffError, match=r"127\.0\.0\.1 cannot be reached.*goes on where it stopped"):
        fetch(hub, tmp_path)
    assert not (tmp_path / "tiny--VoxCPM1.5").exists()
    hub.break_off_after.clear()
    hub.asked.clear()
    assert fetch(hub, tmp_path)
    assert any(asked.endswith(f"bytes={PIECE}-") for asked in hub.downloads())


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_file_that_is_not_what_its_checksum_says_is_refused(hub: FakeHub, tmp_path: Path, name: str) -> None:
    hub.give_instead[name] = hub.files[name][:-1] + b"!"
    with pytest.raises(HubError, match=rf"{name} came, but is not what the hub's checksum says"):
        fetch(hub, tmp_path)
    assert not (tmp_path / "tiny--VoxCPM1.5").exists()
    hub.give_instead.clear()
    assert fetch(hub, tmp_path)


def test_a_new_revision_replaces_the_old_and_fetches_only_what_changed(hub: FakeHub, tmp_path: Path) -> None:
    fetch(hub, tmp_path)
    former = hub.commit
    hub.files["config.json"] = b'{"architecture": "voxcpm", "max_length": 512}'
    hub.files.pop("tokenizer.json")
    hub.asked.clear()
    assert fetch(hub, tmp_path)
    folder = tmp_path / "tiny--VoxCPM1.5"
    assert (folder / "config.json").read_bytes() == hub.files["config.json"]
    assert not (folder / "tokenizer.json").exists()
    manifest = read_manifest(folder)
    assert manifest is not None
    assert former != manifest.revision == hub.commit
    assert {asked.split()[1].rpartition("/")[2] for asked in hub.downloads()} == {"config.json"}


def test_the_old_revision_stays_until_the_new_one_is_whole(hub: FakeHub, tmp_path: Path) -> None:
    fetch(hub, tmp_path)
    former = hub.commit
    hub.files["model.safetensors"] = WEIGHTS[::-1]
    hub.break_off_after = [0] * 20
    with pytest.raises(BrokenOffError):
        fetch(hub, tmp_path)
    manifest = read_manifest(tmp_path / "tiny--VoxCPM1.5")
    assert manifest is not None
    assert manifest.revision == former
    assert list(manifest.faults(tmp_path / "tiny--VoxCPM1.5")) == []


def test_a_damaged_file_is_fetched_again(hub: FakeHub, tmp_path: Path) -> None:
    fetch(hub, tmp_path)
    damaged = tmp_path / "tiny--VoxCPM1.5/audiovae.pth"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"!")
    hub.asked.clear()
    assert fetch(hub, tmp_path)
    assert damaged.read_bytes() == hub.files["audiovae.pth"]
    assert {asked.split()[1].rpartition("/")[2] for asked in hub.downloads()} == {"audiovae.pth"}


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        ((404, "RepoNotFound"), r"shows no model tiny/VoxCPM1\.5: check the name"),
        ((401, ""), r"refuses the access \(HTTP 401\): set HF_TOKEN to a token of yours"),
        ((403, "GatedRepo"), r"given out on conditions: accept them on its page.*HF_TOKEN"),
        ((429, ""), r"asked too often \(HTTP 429\)"),
        ((503, ""), r"has troubles \(HTTP 503\): try again later, or name a mirror in HF_ENDPOINT"),
    ],
)
def test_a_refusal_is_a_sentence(hub: FakeHub, tmp_path: Path, refusal: tuple[int, str], sentence: str) -> None:
    hub.refuse = refusal
    with pytest.raises(HubError, match=sentence):
        fetch(hub, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_revision_that_is_not_there_is_a_sentence(hub: FakeHub, tmp_path: Path) -> None:
    with pytest.raises(HubError, match="has no revision v9"):
        fetch(hub, tmp_path, "v9")


def test_a_repository_that_is_no_model_is_refused(hub: FakeHub, tmp_path: Path) -> None:
    hub.files = {"README.md": b"# A dataset", "config.json": b"{}"}
    with pytest.raises(HubError, match=r"no model that voxd can load: it lacks a configuration, or weights"):
        fetch(hub, tmp_path)


def test_no_hub_at_all_is_a_sentence(hub: FakeHub, tmp_path: Path) -> None:
    with pytest.raises(HubError, match=r"127\.0\.0\.1 cannot be reached.*HF_ENDPOINT"):
        fetching.fetch(Hub("http://127.0.0.1:9"), REPO, "main", tmp_path, nobody)
    assert hub.asked == []


def test_a_disk_that_is_too_small_is_told_before_anything_comes(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=50_500_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(StorageError, match=r"0\.0 GB are still to come, .*make room, or set `paths\.models`"):
        fetch(hub, tmp_path)
    assert hub.downloads() == []


def test_models_cannot_be_put_where_a_file_is(hub: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "models").touch()
    with pytest.raises(StorageError, match=r"cannot be written .*paths\.models"):
        fetch(hub, tmp_path / "models")


def test_two_do_not_fetch_the_same_model_at_once(hub: FakeHub, tmp_path: Path) -> None:
    def again(_folder: Path, _total: int) -> AbstractContextManager[None]:
        with pytest.raises(BusyError, match=r"tiny/VoxCPM1\.5 is being fetched already"):
            fetch(hub, tmp_path)
        return nullcontext()

    assert fetching.fetch(Hub(hub.address), REPO, "main", tmp_path, again)


@pytest.mark.parametrize(
    "name", ["", "VoxCPM", "../etc/passwd", "/etc/passwd", "a/b/c", "a/..", "a--b/c", "-a/b", "a/b-", "a b/c", "a/b\n"]
)
def test_what_is_no_name_of_a_model_is_refused(name: str) -> None:
    with pytest.raises(VoxdError, match="is not the name of a model: that is OWNER/NAME"):
        Repository.of(name)
