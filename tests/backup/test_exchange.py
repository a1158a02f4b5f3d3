"""A restore that is killed, or meets a failing disk, at any moment leaves the old house or the new one, no mixture."""

import asyncio
import errno
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from lived_in_houses import announce, files_of, history, house, lived_in

from voxd.backup.cut_off import CutOffRestore
from voxd.backup.making import make
from voxd.backup.restoring import restore
from voxd.errors import StorageError
from voxd.model.announcement import State
from voxd.paths import Paths

RENAMES_MAX = 40
WENT_WELL, WAS_REFUSED, WAS_KILLED = 0, 3, 9


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    out = io.BytesIO()
    make(lived_in(tmp_path_factory.mktemp("source") / "house"), "cellar", out)
    return out.getvalue()


def other_house(folder: Path) -> Paths:
    """One that shares some names with the backup, lacks some, and has some that are not in it."""
    paths = house(folder)
    asyncio.run(announce(paths, "other", State.FINISHED))
    for name in ("chimes/other.wav", "chimes/gong.wav", "voices/other.wav", "standing-orders.json", "preferences.json"):
        (paths.state / name).parent.mkdir(exist_ok=True)
        (paths.state / name).write_bytes(b"old")
    return paths


def restored_in_a_child(paths: Paths, backup: bytes, at_rename: int, what_happens: Callable[[], None]) -> int:
    """Restore in a process of its own, to which that happens at its nth renaming; how that ended."""
    child = os.fork()
    if child == 0:
        renames = 0

        def note(event: str, _: object) -> None:
            nonlocal renames
            if event == "os.rename":
                renames += 1
                if renames == at_rename:
                    what_happens()

        sys.addaudithook(note)
        try:
            restore(paths, io.BytesIO(backup))
        except StorageError:
            os._exit(WAS_REFUSED)
        os._exit(WENT_WELL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def each_moment(
    tmp_path: Path, backup: bytes, what_happens: Callable[[], None], then: Callable[[Paths, int], None]
) -> None:
    """Have that happen at every renaming of a restore, and look each time at what is left."""
    model = other_house(tmp_path / "model")
    for at_rename in range(1, RENAMES_MAX):
        paths = house(tmp_path / str(at_rename))
        shutil.copytree(model.state, paths.state)
        ended = restored_in_a_child(paths, backup, at_rename, what_happens)
        then(paths, ended)
        if ended == WENT_WELL:
            assert at_rename > 10, "there is more to be exchanged than that"
            return
    raise AssertionError("There is no end of it")


def test_one_that_is_killed_is_finished_by_the_next_start_or_never_happened(tmp_path: Path, backup: bytes) -> None:
    old, new = other_house(tmp_path / "old"), other_house(tmp_path / "new")
    restore(new, io.BytesIO(backup))
    seen = set()

    def look(paths: Paths, _: int) -> None:
        asyncio.run(CutOffRestore(paths).start())
        is_new = files_of(paths) == files_of(new)
        assert is_new or files_of(paths) == files_of(old)
        assert history(paths) == history(new if is_new else old)
        seen.add(is_new)

    each_moment(tmp_path, backup, lambda: os._exit(WAS_KILLED), look)
    assert seen == {True, False}


def test_one_that_the_disk_fails_leaves_everything_as_it_was(tmp_path: Path, backup: bytes) -> None:
    old = other_house(tmp_path / "old")

    def fail() -> None:
        raise OSError(errno.EIO, "Input/output error")

    def look(paths: Paths, ended: int) -> None:
        if ended != WENT_WELL:
            assert ended == WAS_REFUSED
            assert files_of(paths) == files_of(old)
            assert history(paths) == history(old)

    each_moment(tmp_path, backup, fail, look)


def test_folders_of_which_an_overlay_renames_none_go_file_by_file(tmp_path: Path, backup: bytes) -> None:
    lower, mounted = tmp_path / "lower", tmp_path / "mounted"
    for folder in (mounted, tmp_path / "upper", tmp_path / "work"):
        folder.mkdir()
    enrolled = other_house(lower / "house").enrolled / "fedcba9876543210fedcba9876543210" / "1"
    enrolled.mkdir(parents=True)
    (enrolled / "clip.wav").write_bytes(b"old")
    layers = f"lowerdir={lower},upperdir={tmp_path / 'upper'},workdir={tmp_path / 'work'}"
    mount = subprocess.run(
        ["mount", "-t", "overlay", "overlay", "-o", layers, mounted], check=False, capture_output=True
    )
    if mount.returncode:
        pytest.skip("only root mounts overlays")
    try:
        restore(house(mounted / "house"), io.BytesIO(backup))
        restored = house(tmp_path / "upper" / "house")
        assert len(list(restored.enrolled.rglob("clip.wav"))) == 1
        assert not (house(mounted / "house").enrolled / "fedcba9876543210fedcba9876543210").exists()
    finally:
        subprocess.run(["umount", mounted], check=True)


def test_what_was_restored_is_not_kept_twice(tmp_path: Path, backup: bytes) -> None:
    paths = other_house(tmp_path / "house")
    restore(paths, io.BytesIO(backup))
    assert not list(paths.state.rglob(".restoring"))
