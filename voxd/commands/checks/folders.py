"""Whether voxd has its folders, room in them, and what it wrote there."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from voxd.commands.checks.finding import Finding
from voxd.paths import Paths

FREE_MIN_MB = 50
_WRITTEN = ("lock", "journal.*")
"""What the daemon cannot do without once it is there; root may have made it, who ran voxd once."""


def folder_findings(paths: Paths) -> Iterator[Finding]:
    """A finding for each folder; only a cache can be done without."""
    yield _finding("state", paths.state, "problem")
    yield _finding("cache", paths.cache, "warning")
    yield _finding("runtime", paths.runtime, "problem")


def _finding(thing: str, folder: Path, if_bad: Literal["warning", "problem"]) -> Finding:
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding(if_bad, thing, f"{folder} cannot be written by this user")
    if foreign := _foreign(folder):
        text = f"{', '.join(foreign)} in {folder} belongs to somebody else than the folder"
        return Finding(if_bad, thing, f"{text}: chown -R --reference={folder} {folder}")
    disk = os.statvfs(there)
    free_mb = disk.f_bavail * disk.f_frsize // 1_000_000
    if free_mb < FREE_MIN_MB:
        return Finding(if_bad, thing, f"{folder} has only {free_mb} MB left")
    return Finding("ok", thing, f"{folder} ({free_mb} MB free)")


def _foreign(folder: Path) -> list[str]:
    written = sorted(path for pattern in _WRITTEN for path in folder.glob(pattern) if path.is_file())
    return [path.name for path in written if path.stat().st_uid != folder.stat().st_uid]
