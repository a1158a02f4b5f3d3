"""Where the parts of a support bundle come from: programs and files of this machine, bounded in time and size."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from voxd.lib.commands import environment_for_children

PART_MAX_BYTES = 2_000_000
PROGRAM_TIMEOUT_S = 20.0
FOLDER_MAX_FILES = 200_000


def told_by(*command: str, timeout_s: float = PROGRAM_TIMEOUT_S, shown_as: str = "", of_voxd: bool = False) -> str:
    """What a program writes, with the line that it was called by, or another; or why it wrote nothing.

    Only one `of_voxd` is told what the environment says of our settings.
    """
    environment = dict(os.environ) if of_voxd else environment_for_children()
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
            check=False,
            env=environment | {"LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0"},
        )
        written = done.stdout
    except FileNotFoundError:
        written = b"(not installed)\n"
    except subprocess.TimeoutExpired as error:
        written = (error.stdout or b"") + f"(no more within {timeout_s:g} s)\n".encode()
    except OSError as error:
        written = f"({error.strerror})\n".encode()
    return f"$ {shown_as or ' '.join(command)}\n{_bounded(written)}\n"


def read(*files: str | Path) -> str:
    """The contents of small files, with their names."""
    return "\n".join(f"# {file}\n{_content(Path(file))}" for file in files)


def _content(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return _bounded(opened.read(PART_MAX_BYTES + 1))
    except OSError as error:
        return f"({error.strerror})\n"


def _bounded(content: bytes) -> str:
    """Its end, where it is too long: what happened last is what matters."""
    cut = "(what came before is left out)\n" if len(content) > PART_MAX_BYTES else ""
    return cut + content[-PART_MAX_BYTES:].decode("utf-8", "replace")


def sizes(folders: Sequence[Path]) -> str:
    """How many files there are in each, and how much room they and the disk below have."""
    return "".join(f"{folder}: {_size(folder)}\n" for folder in folders)


def _size(folder: Path) -> str:
    files, taken = 0, 0
    for place, _, names in os.walk(folder):
        for name in names:
            files += 1
            try:
                taken += (Path(place) / name).lstat().st_size
            except OSError:  # it went meanwhile
                continue
        if files > FOLDER_MAX_FILES:
            return f"more than {FOLDER_MAX_FILES} files"
    try:
        disk = os.statvfs(folder)
    except OSError as error:
        return f"{error.strerror}"
    free_mb = disk.f_bavail * disk.f_frsize // 1_000_000
    return f"{files} files, {taken / 1e6:.1f} MB; {free_mb} MB free on its disk"
