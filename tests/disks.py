"""Small disks that tests fill, and take away the right to write on; they need root, and are skipped without."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MEGABYTE = 1024 * 1024
FILLING = "filling"


@contextmanager
def small_disk(folder: Path, size: int = 4 * MEGABYTE) -> Iterator[Path]:
    """A disk of that many bytes, in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={size},mode=700", "none", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def ext4_disk(folder: Path, size: int = 16 * MEGABYTE) -> Iterator[Path]:
    """A disk of that many bytes, in a file beside the folder, whose files can be made immutable."""
    folder.mkdir(parents=True, exist_ok=True)
    image = folder.with_name(f"{folder.name}.image")
    with image.open("wb") as made:
        made.truncate(size)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)
    _mount("-o", "loop", str(image), str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> None:
    """Take all the room that there is."""
    with (disk / FILLING).open("ab", buffering=0) as filling:
        for size in (65_536, 4096, 1):
            try:
                while filling.write(b"\1" * size):
                    pass
            except OSError:
                continue


def empty(disk: Path) -> None:
    """Give back what fill took."""
    (disk / FILLING).unlink()


def free(disk: Path) -> int:
    """How many bytes there are left."""
    return shutil.disk_usage(disk).free


@contextmanager
def immutable(*files: Path) -> Iterator[None]:
    """Nobody may write to these files, not even who has them open."""
    subprocess.run(["chattr", "+i", *files], check=True)
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", *files], check=True)


def remount(disk: Path, *options: str) -> None:
    """Change how a disk is mounted."""
    subprocess.run(["mount", "-o", ",".join(("remount", *options)), disk], check=True)


def _mount(*arguments: str) -> None:
    if os.geteuid():
        pytest.skip("only root mounts a disk")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
