"""Packs files into a tar, the same for the same content, and tells its SHA-256: pack.py TAR FOLDER NAME...

With - for TAR nothing is kept.
"""

import hashlib
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import BinaryIO


def pack(tar: BinaryIO, folder: Path, names: list[str]) -> str:
    """Write the named files and folders of `folder` to `tar`; the hash knows neither their times nor their owners."""
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as packed:
        for name in names:
            packed.add(folder / name, name, filter=_plain)
    tar.seek(0)
    digest = hashlib.sha256()
    while part := tar.read(1 << 20):
        digest.update(part)
    return digest.hexdigest()


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if "__pycache__" in entry.name or entry.name.endswith((".pyc", "~")):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mtime = 0
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry


def main(place: str, folder: str, *names: str) -> None:
    """Do it."""
    with tempfile.TemporaryFile() if place == "-" else Path(place).open("w+b") as tar:
        print(pack(tar, Path(folder), list(names)))


if __name__ == "__main__":
    main(*sys.argv[1:])
