"""Enrolled voices on the disk: a folder for each voice, named by a hash, and one in it for each revision."""

import hashlib
import logging
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from voxd.errors import StorageError
from voxd.lib import durable
from voxd.model.identifiers import VoiceId
from voxd.synthesis.enrolled.voice import EnrolledVoice, RemovedVoice

log = logging.getLogger(__name__)

FOLDER_MODE = 0o700
CLIP, FACTS, TOMBSTONE, UNFINISHED = "clip.wav", "voice.json", "removed.json", "tmp"
_VOICE_FOLDER = re.compile("[0-9a-f]{32}")
_REVISION = re.compile("[1-9][0-9]{0,8}")
Kept_ = TypeVar("Kept_", EnrolledVoice, RemovedVoice)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a store holds: the current revision of each voice, what was removed, and sentences on what is damaged."""

    voices: tuple[EnrolledVoice, ...] = ()
    removed: tuple[RemovedVoice, ...] = ()
    damages: tuple[str, ...] = ()


class VoiceStore:
    """A revision is there whole or not at all. Of older ones only the facts stay: clip and vector are biometric data.

    Every method blocks; StorageError is raised where the disk does not let it be done.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def clip(self, voice: EnrolledVoice) -> Path:
        """Where the reference clip of a voice lies."""
        return self._revision(voice) / CLIP

    def sweep(self) -> None:
        """Finish what an end at the wrong moment left undone. Only the daemon does so."""
        with _storing("The enrolled voices"):
            self._folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
            shutil.rmtree(self._folder / UNFINISHED, ignore_errors=True)
            for folder in self._voice_folders():
                self._sweep_voice(folder)

    def read(self) -> Kept:
        """All that is there."""
        with _storing("The enrolled voices"):
            return _sorted([found for folder in self._voice_folders() if (found := _look(folder))])

    def revisions(self, name: VoiceId) -> tuple[EnrolledVoice, ...]:
        """Every revision since the voice was last removed, as far as it can be read, the newest first."""
        folder = self._voice(name)
        with _storing(f"The voice {name}"):
            gone = _last_removed(folder)
            numbers = [number for number in _numbers(folder) if number > gone]
            found = (_read(folder / str(number) / FACTS, EnrolledVoice) for number in sorted(numbers, reverse=True))
            return tuple(voice for voice in found if voice is not None)

    def next_revision(self, name: VoiceId) -> int:
        """A number that no revision of that name has had."""
        folder = self._voice(name)
        with _storing(f"The voice {name}"):
            return 1 + max(_last_removed(folder), *_numbers(folder), 0)

    def stage(self, voice: EnrolledVoice, clip: bytes) -> Path:
        """Write a revision where nobody takes it for one; where its clip lies until then."""
        staged = self._staged(voice)
        with _storing(f"The voice {voice.name}"):
            shutil.rmtree(staged, ignore_errors=True)
            staged.mkdir(FOLDER_MODE, parents=True)
            durable.write_new(staged / CLIP, clip)
            durable.write_new(staged / FACTS, _json(voice))
            durable.sync_folder(staged)
        return staged / CLIP

    def discard(self, voice: EnrolledVoice) -> None:
        """Remove what was staged."""
        shutil.rmtree(self._staged(voice), ignore_errors=True)

    def commit(self, voice: EnrolledVoice) -> None:
        """Make what was staged the current revision, and strip the older ones."""
        folder = self._voice(voice.name)
        with _storing(f"The voice {voice.name}"):
            folder.mkdir(FOLDER_MODE, exist_ok=True)
            self._staged(voice).rename(self._revision(voice))
            durable.sync_folder(folder)
            durable.sync_folder(self._folder)
        try:
            _strip_older(folder)
        except OSError as error:  # the next sweep does it
            log.warning("What is left of older revisions of %s cannot be removed: %s", voice.name, error)

    def holds(self, name: VoiceId) -> bool:
        """Whether there is such a voice, damaged or not."""
        folder = self._voice(name)
        with _storing(f"The voice {name}"):
            return max(_numbers(folder), default=0) > _last_removed(folder)

    def remove(self, name: VoiceId) -> bool:
        """Remove a voice, damaged or not; only its name and last revision stay. False where there is none."""
        folder = self._voice(name)
        with _storing(f"The voice {name}"):
            if not self.holds(name):
                return False
            gone = RemovedVoice(name, max(_numbers(folder)), time.time())
            durable.replace(folder / TOMBSTONE, _json(gone))
            _bury(folder)
            return True

    def _sweep_voice(self, folder: Path) -> None:
        _bury(folder)
        _strip_older(folder)
        with suppress(OSError):
            folder.rmdir()  # only where nothing is in it

    def _voice_folders(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [path for path in sorted(self._folder.iterdir()) if _VOICE_FOLDER.fullmatch(path.name) and path.is_dir()]

    def _voice(self, name: VoiceId) -> Path:
        return self._folder / _folder_name(name)

    def _revision(self, voice: EnrolledVoice) -> Path:
        return self._voice(voice.name) / str(voice.revision)

    def _staged(self, voice: EnrolledVoice) -> Path:
        return self._folder / UNFINISHED / f"{_folder_name(voice.name)}-{voice.revision}"


def _folder_name(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _numbers(folder: Path) -> list[int]:
    if not folder.is_dir():
        return []
    return [int(path.name) for path in folder.iterdir() if _REVISION.fullmatch(path.name)]


def _last_removed(folder: Path) -> int:
    tombstone = _read(folder / TOMBSTONE, RemovedVoice)
    return tombstone.revision if tombstone else 0


def _look(folder: Path) -> EnrolledVoice | RemovedVoice | str | None:
    """What a voice's folder holds; a sentence where it is damaged."""
    tombstone = _read(folder / TOMBSTONE, RemovedVoice)
    newest = max(_numbers(folder), default=0)
    if tombstone and newest <= tombstone.revision:
        return tombstone
    return _checked(folder, newest) if newest else None


def _checked(folder: Path, revision: int) -> EnrolledVoice | str:
    voice = _read(folder / str(revision) / FACTS, EnrolledVoice)
    if voice is None or voice.revision != revision or _folder_name(voice.name) != folder.name:
        return f"An enrolled voice is damaged: {folder / str(revision) / FACTS} cannot be read; remove the folder"
    again = f"enrol it again, or `voxd voices remove {voice.name}`"
    try:
        clip = (folder / str(revision) / CLIP).read_bytes()
    except OSError as error:
        return f'The enrolled voice "{voice.name}" is damaged, its reference clip is gone ({error.strerror}): {again}'
    if hashlib.sha256(clip).hexdigest() != voice.clip_sha256:
        return f'The enrolled voice "{voice.name}" is damaged, its reference clip is not what it was: {again}'
    return voice


def _strip_older(folder: Path) -> None:
    for number in sorted(_numbers(folder))[:-1]:
        facts, clip = folder / str(number) / FACTS, folder / str(number) / CLIP
        voice = _read(facts, EnrolledVoice)
        if voice is not None and voice.vector:
            durable.replace(facts, _json(replace(voice, transcript="", vector=())))
        clip.unlink(missing_ok=True)


def _bury(folder: Path) -> None:
    """Remove the revisions that were removed."""
    last = _last_removed(folder)
    for number in _numbers(folder):
        if number <= last:
            shutil.rmtree(folder / str(number))


def _read(file: Path, kind: type[Kept_]) -> Kept_ | None:
    try:
        return TypeAdapter(kind).validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None


def _json(value: EnrolledVoice | RemovedVoice) -> bytes:
    return TypeAdapter(type(value)).dump_json(value, indent=1)


def _sorted(found: list[EnrolledVoice | RemovedVoice | str]) -> Kept:
    voices = sorted((one for one in found if isinstance(one, EnrolledVoice)), key=lambda voice: voice.name)
    removed = tuple(one for one in found if isinstance(one, RemovedVoice))
    return Kept(tuple(voices), removed, tuple(one for one in found if isinstance(one, str)))


@contextmanager
def _storing(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{what} cannot be kept or read on the disk: {error.strerror or error}") from error
