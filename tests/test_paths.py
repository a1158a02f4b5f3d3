"""Paths: the owner's wish, then systemd's, then the user's own folders."""

from pathlib import Path

import pytest

from voxd import paths
from voxd.paths import paths_in_force
from voxd.settings import PathSettings

HOME = {"HOME": "/home/ann"}


@pytest.fixture(autouse=True)
def _no_system_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether this machine has a /run/voxd and its like must not matter."""
    for folder in ("SYSTEM_STATE", "SYSTEM_CACHE", "SYSTEM_RUNTIME"):
        monkeypatch.setattr(paths, folder, tmp_path / "absent")


def test_a_person_uses_the_folders_of_the_xdg_specification() -> None:
    found = paths_in_force(PathSettings(), HOME | {"XDG_CACHE_HOME": "/fast/cache"})
    assert found.state == Path("/home/ann/.local/state/voxd")
    assert found.cache == Path("/fast/cache/voxd")
    assert found.control_socket.parent.is_relative_to("/home/ann/.local/state")


def test_systemd_names_the_folders_of_its_service() -> None:
    environment = HOME | {
        "STATE_DIRECTORY": "/var/lib/voxd:/var/lib/other",
        "CACHE_DIRECTORY": "/var/cache/voxd",
        "RUNTIME_DIRECTORY": "/run/voxd",
    }
    found = paths_in_force(PathSettings(), environment)
    assert (found.state, found.cache) == (Path("/var/lib/voxd"), Path("/var/cache/voxd"))
    assert found.control_socket == Path("/run/voxd/control.sock")


def test_the_owner_wins_and_the_socket_follows_the_state() -> None:
    found = paths_in_force(PathSettings(state=Path("/data")), HOME | {"XDG_RUNTIME_DIR": "/run/user/1"})
    assert found.state == Path("/data")
    assert found.control_socket == Path("/data/control.sock")


def test_a_command_line_finds_the_system_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "SYSTEM_RUNTIME", tmp_path)
    assert paths_in_force(PathSettings(), HOME).control_socket == tmp_path / "control.sock"


def test_a_command_line_finds_the_daemon_of_its_own_session_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "SYSTEM_RUNTIME", tmp_path)
    session = HOME | {"XDG_RUNTIME_DIR": str(tmp_path / "session")}
    assert paths_in_force(PathSettings(), session).runtime == tmp_path, "there is none"
    (tmp_path / "session" / "voxd").mkdir(parents=True)
    assert paths_in_force(PathSettings(), session).runtime == tmp_path / "session" / "voxd"


def test_engine_hosts_that_are_units_are_found_elsewhere_than_children() -> None:
    found = paths_in_force(PathSettings(runtime=Path("/run/voxd-den"), hosts=Path("/run/voxd")), HOME)
    assert found.child_socket("clips") == Path("/run/voxd-den/engine-clips.sock")
    assert found.unit_socket("voxcpm") == Path("/run/voxd/engine-voxcpm.sock")
    alone = paths_in_force(PathSettings(runtime=Path("/run/voxd")), HOME)
    assert alone.unit_socket("voxcpm") == alone.child_socket("voxcpm")


def test_whoever_may_use_the_files_of_the_system_daemon_means_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("SYSTEM_STATE", "SYSTEM_CACHE", "SYSTEM_RUNTIME"):
        (tmp_path / folder / "voxd").mkdir(parents=True)
        monkeypatch.setattr(paths, folder, tmp_path / folder / "voxd")
    found = paths_in_force(PathSettings(), HOME)
    assert (found.state, found.cache) == (paths.SYSTEM_STATE, paths.SYSTEM_CACHE)
    assert found.runtime == paths.SYSTEM_RUNTIME
    assert paths_in_force(PathSettings(state=Path("/data")), HOME).state == Path("/data")
