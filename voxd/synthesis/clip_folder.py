"""The phrase cache's files: where they lie, how one appears at once and whole, which are the oldest."""

import fcntl
import itertools
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_KEY = re.compile("[0-9a-f]{64}")
_CLIP_NAME = re.compile(r"[0-9a-f]{64}\.wav")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A clip's file as a listing shows it."""

    path: Path
    bytes: int
    used_at_ns: int


class ClipFolder:
    """Files named by their key below folders of two digits, beside `tmp/` for those being written.

    Several processes may use the same folder: a file appears by a rename, so it is whole or not there, whatever
    kills its writer. It is not flushed to the disk: after a power cut it may be short, which its checksum tells.
    All methods block and raise OSError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._unfinished = folder / "tmp"
        self._numbers = itertools.count()

    def path(self, key: str) -> Path:
        """Where the clip of `key` lies. A key is 64 hexadecimal digits; anything else is a bug of ours."""
        if not _KEY.fullmatch(key):
            raise ValueError("a phrase key is 64 hexadecimal digits")
        return self.folder / key[:2] / f"{key}.wav"

    def make(self) -> None:
        """Make the folder and the one for unfinished files."""
        self.folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        self._unfinished.mkdir(FOLDER_MODE, exist_ok=True)

    def has(self, key: str) -> bool:
        """Whether there is a file of that key; only the directory is looked at, and nothing is raised."""
        try:
            return self.path(key).exists()
        except OSError:
            return False

    def read(self, path: Path, max_bytes: int) -> bytes | None:
        """The file's content, its time of use set to now; None if it is no file or larger than `max_bytes`."""
        fd = os.open(path, _READ)
        with os.fdopen(fd, "rb", buffering=0) as file:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode) or found.st_size > max_bytes:
                return None
            with suppress(OSError):
                os.utime(fd, ns=(time.time_ns(),) * 2)
            return file.read()

    @contextmanager
    def written(self, data: bytes) -> Iterator[Path]:
        """A temporary file that holds `data`; locked while its writer lives, gone at the end unless renamed."""
        path = self._unfinished / f"{os.getpid()}-{next(self._numbers)}-{time.time_ns()}"
        fd = os.open(path, _CREATE, FILE_MODE)
        try:
            with os.fdopen(fd, "wb", buffering=0) as file:
                fcntl.flock(fd, fcntl.LOCK_EX)
                _write_all(file.fileno(), data)
                yield path
        finally:
            path.unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove what dead writers left; how many files that were. A living one holds the lock of its file."""
        return sum(_removed_if_abandoned(path) for path in tuple(self._unfinished.iterdir()))

    def remove_all(self, prefix: str) -> None:
        """Remove the clips whose keys begin so: two hexadecimal digits at least."""
        for path in (self.folder / prefix[:2]).glob(f"{prefix}*.wav"):
            path.unlink(missing_ok=True)

    def files(self) -> Iterator[StoredFile]:
        """All clips' files, in no order."""
        for part in self.folder.glob("[0-9a-f][0-9a-f]"):
            with suppress(FileNotFoundError, NotADirectoryError), os.scandir(part) as entries:
                for entry in entries:
                    if _CLIP_NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                        yield from _stored(entry)


def _stored(entry: os.DirEntry[str]) -> Iterator[StoredFile]:
    with suppress(FileNotFoundError):
        found = entry.stat(follow_symlinks=False)
        yield StoredFile(Path(entry.path), found.st_size, found.st_mtime_ns)


def _write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def _removed_if_abandoned(path: Path) -> bool:
    try:
        fd = os.open(path, _READ)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True
