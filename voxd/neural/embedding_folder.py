"""The speaker embeddings on disk: files named by their key, bounded, the least recently used going first."""

import fcntl
import logging
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from voxd.neural.embedding_file import StoredEmbedding, from_bytes, metadata, to_bytes

log = logging.getLogger(__name__)

MAX_FILES = 1000
MAX_MB = 1024
FILE_MAX_BYTES = 256 * 1024 * 1024
HEADER_MAX_BYTES = 64 * 1024
FOLDER_MODE, FILE_MODE = 0o700, 0o600
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_NAME = re.compile(r"[0-9a-f]{64}\.safetensors")


def voices_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each embedding's file, and the voice that it was made for; without those that cannot be read."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if _NAME.fullmatch(path.name) and (voice := _voice(path)):
            yield path, voice


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    bytes: int
    used_at_ns: int


class EmbeddingFolder:
    """What hosts keep of reference clips so that none is encoded twice; several may use the same folder.

    A file appears by a rename, once it is on the disk: it is whole or not there. All methods block; a disk that
    fails is logged and otherwise taken for one that holds nothing.
    """

    def __init__(self, folder: Path, max_files: int = MAX_FILES, max_mb: int = MAX_MB) -> None:
        self._folder = folder
        self._max_files = max_files
        self._max_bytes = max_mb * 1_000_000

    def read(self, key: str) -> StoredEmbedding | None:
        """The embedding of that key, used now; a damaged file is removed."""
        path = self._path(key)
        try:
            data = _content(path, FILE_MAX_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("The speaker embedding %s cannot be read: %s", path, error.strerror)
            return None
        if (found := from_bytes(key, data)) is None:
            log.warning("The speaker embedding %s is damaged; it is made again", path)
            self.remove(key)
            return None
        with suppress(OSError):
            os.utime(path, ns=(time.time_ns(),) * 2)
        return found

    def write(self, key: str, stored: StoredEmbedding) -> bool:
        """Keep an embedding, and let others go for it; whether the disk took it."""
        try:
            self._folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
            self._sweep()
            self._put(self._path(key), to_bytes(key, stored))
            self._bound()
        except OSError as error:
            log.warning("Speaker embeddings cannot be kept in %s: %s", self._folder, error.strerror)
            return False
        return True

    def remove(self, key: str) -> None:
        """Have no file of that key."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            log.warning("The speaker embedding %s cannot be removed: %s", self._path(key), error.strerror)

    def keys_of(self, voice: str) -> tuple[str, ...]:
        """The keys of the files that were made for a voice."""
        return tuple(file.path.stem for file in self._files() if _voice(file.path) == voice)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.safetensors"

    def _put(self, path: Path, data: bytes) -> None:
        unfinished = self._folder / f"{os.getpid()}-{time.time_ns()}.tmp"
        fd = os.open(unfinished, _CREATE, FILE_MODE)
        try:
            with os.fdopen(fd, "wb") as file:
                fcntl.flock(fd, fcntl.LOCK_EX)
                file.write(data)
                file.flush()
                os.fsync(fd)
                unfinished.rename(path)
            _sync(self._folder)
        finally:
            unfinished.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what dead writers left; a living one holds the lock of its file."""
        for path in self._folder.glob("*.tmp"):
            with suppress(OSError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink(missing_ok=True)

    def _bound(self) -> None:
        files = sorted(self._files(), key=lambda file: file.used_at_ns, reverse=True)
        taken = 0
        for number, file in enumerate(files):
            taken += file.bytes
            if number and (number >= self._max_files or taken > self._max_bytes):
                file.path.unlink(missing_ok=True)

    def _files(self) -> Iterator[_File]:
        with suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    found = entry.stat(follow_symlinks=False)
                    yield _File(Path(entry.path), found.st_size, found.st_mtime_ns)


def _content(path: Path, max_bytes: int) -> bytes:
    with os.fdopen(os.open(path, _READ), "rb") as file:
        found = os.fstat(file.fileno())
        return file.read(max_bytes) if stat.S_ISREG(found.st_mode) else b""


def _voice(path: Path) -> str:
    try:
        return metadata(_content(path, HEADER_MAX_BYTES)).get("voice", "")
    except OSError:
        return ""


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
