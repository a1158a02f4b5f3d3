"""The voices folder: recordings that the owner put there to become voices, `mum.wav` with `mum.txt` and `mum.yaml`."""

import asyncio
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from voxd.errors import BadRequestError, StorageError
from voxd.synthesis.enrolled.voice import CLIP_MAX_BYTES

SUFFIXES = frozenset(
    (".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".aif", ".aiff", ".webm", ".wma")
)
TEXT_MAX_BYTES = 64 * 1024
FILES_MAX = 1000
FOLDER_MODE = 0o750
Signature = tuple[tuple[str, int, int], ...]
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Recording:
    """The files of one name, as the folder lists them. `signature` changes with them; `clips` are sound files."""

    name: str
    clips: tuple[str, ...]
    signature: Signature


@dataclass(frozen=True, slots=True)
class Content:
    """What is in them; empty where a file is not there. `owner` is the user who put the clip there."""

    file: str
    clip: bytes
    transcript: str
    options: str
    owner: int


class VoiceFolder:
    """Lists, reads and removes. Hold `lock` from reading a recording until it is enrolled, or removed.

    `problems` are the sentences on recordings that could not be enrolled, by file, for whoever lists voices. Only
    ordinary files count: no links, no folders, nothing hidden.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = asyncio.Lock()
        self.problems: dict[str, str] = {}

    def make(self) -> None:
        """Make the folder, where that can be done."""
        try:
            self.path.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"The voices folder {self.path} cannot be made: {error.strerror}") from error

    def look(self) -> tuple[Recording, ...]:
        """What is there now, by name; only the directory is read. Raises StorageError."""
        try:
            with os.scandir(self.path) as entries:
                files = sorted((entry.name, _signed(entry)) for entry in entries if _counts(entry))
        except OSError as error:
            raise StorageError(f"The voices folder {self.path} cannot be read: {error.strerror}") from error
        return _recordings(files)

    def read(self, recording: Recording) -> Content:
        """The content of a recording's files. Raises BadRequestError where one cannot be used."""
        if len(recording.clips) > 1:
            raise BadRequestError(f"There is more than one recording: {', '.join(recording.clips)}; keep one")
        clip, owner = self._bytes(recording.clips[0], CLIP_MAX_BYTES)
        texts = {suffix: self._text(f"{recording.name}{suffix}", recording) for suffix in (".txt", ".yaml")}
        return Content(recording.clips[0], clip, texts[".txt"], texts[".yaml"], owner)

    def remove(self, name: str) -> None:
        """Remove the files of a name. Raises StorageError."""
        if not self.path.is_dir():
            return
        for recording in self.look():
            if recording.name == name:
                for file, *_ in recording.signature:
                    self._unlink(file)

    def _unlink(self, file: str) -> None:
        try:
            (self.path / file).unlink(missing_ok=True)
        except OSError as error:
            reason = f"{self.path / file} cannot be removed ({error.strerror}), and would bring the voice back"
            raise StorageError(f"{reason}; remove it first") from error

    def _text(self, file: str, recording: Recording) -> str:
        if file not in (name for name, *_ in recording.signature):
            return ""
        try:
            return self._bytes(file, TEXT_MAX_BYTES)[0].decode("utf-8-sig").strip()
        except UnicodeDecodeError as error:
            raise BadRequestError(f"{file} is not UTF-8 text") from error

    def _bytes(self, file: str, most: int) -> tuple[bytes, int]:
        """The content of a file and its owner. Raises BadRequestError where that is no file, or too much."""
        try:
            with os.fdopen(os.open(self.path / file, _READ), "rb") as opened:
                found = os.fstat(opened.fileno())
                if not stat.S_ISREG(found.st_mode):
                    raise BadRequestError(f"{file} is no ordinary file")
                content = opened.read(most + 1)
        except OSError as error:
            raise BadRequestError(f"{file} cannot be read: {error.strerror}") from error
        if len(content) > most:
            raise BadRequestError(f"{file} is larger than {most >> 10} KiB")
        return content, found.st_uid


def _counts(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and entry.name.isprintable() and entry.is_file(follow_symlinks=False)


def _signed(entry: os.DirEntry[str]) -> tuple[int, int]:
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return 0, 0
    return found.st_ctime_ns, found.st_size  # that of the inode: leave to read a file changes it, too


def _recordings(files: list[tuple[str, tuple[int, int]]]) -> tuple[Recording, ...]:
    """The files put together by what is before their suffix; what has no sound file is none."""
    found: dict[str, list[tuple[str, int, int]]] = {}
    for file, (changed_ns, size) in files[:FILES_MAX]:
        name, suffix = Path(file).stem, Path(file).suffix
        if suffix.lower() in SUFFIXES or suffix in (".txt", ".yaml"):
            found.setdefault(name, []).append((file, changed_ns, size))
    made = (Recording(name, _clips(signature), tuple(signature)) for name, signature in found.items())
    return tuple(recording for recording in made if recording.clips)


def _clips(signature: list[tuple[str, int, int]]) -> tuple[str, ...]:
    return tuple(file for file, *_ in signature if Path(file).suffix.lower() in SUFFIXES)
