"""Files that are whole or not there, also after a power cut. Everything blocks and raises OSError."""

import os
from pathlib import Path

FILE_MODE = 0o600


def write_new(file: Path, data: bytes) -> None:
    """Make a file that is on the disk when this returns; its folder is not flushed. It must not exist yet."""
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
    with os.fdopen(fd, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(fd)


def replace(file: Path, data: bytes) -> None:
    """Make a file, or put new content in its place, at once."""
    unfinished = file.with_name(f".{file.name}.new")
    unfinished.unlink(missing_ok=True)
    write_new(unfinished, data)
    unfinished.replace(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
