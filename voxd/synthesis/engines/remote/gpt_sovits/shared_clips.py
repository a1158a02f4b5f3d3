"""Reference clips in a folder that we share with a GPT-SoVITS server."""

import errno
import hashlib
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from voxd.audio.wav import parse, wav_bytes
from voxd.errors import BadRequestError, ProtocolError, VoxdError
from voxd.lib.durable import sync_folder, write_new
from voxd.lib.os_errors import in_words
from voxd.model.audio import Chunk
from voxd.settings.engines import SharedFolderSettings
from voxd.synthesis.engine import ReferenceClip
from voxd.synthesis.engines.remote.gpt_sovits.excerpt import excerpt
from voxd.synthesis.engines.remote.gpt_sovits.speakers import Prompt

CLIP_MIN_S, CLIP_MAX_S = 3.0, 10.0
"""The server takes no shorter and no longer ones."""
EXCERPT_MAX_S = 9.8
FILE_MODE = 0o644
"""The server is somebody else, and so may its folder's reader be."""
STALE_S = 7 * 86_400
_NAME, _ENDING = "voxd-", ".wav"


class SharedClips:
    """Puts clips there under names that tell nothing but their content, and takes them away. Everything blocks.

    The server goes by a clip's path alone, so another clip must have another. Several voxd may share the folder:
    each touches its clips once a day (`tend`), and those that nobody touched for a week belong to nobody, such as a
    voice's that was removed before it was put there by this process.
    Raises ProtocolError, which says what is wrong with the folder.
    """

    def __init__(self, settings: SharedFolderSettings) -> None:
        self._ours = settings.ours
        self._theirs = settings.theirs

    def put(self, clip: ReferenceClip) -> Prompt:
        """Have a clip there; what the server is to be told of it. Raises BadRequestError where it is too short.

        Of a longer one than the server takes it is an excerpt. What that says is not known, so its transcript is
        empty: a model that is told other words than it hears repeats them, or swallows its own.
        """
        sound, is_whole = _fitting(_parsed(clip.wav))
        data = wav_bytes(sound)
        name = f"{_NAME}{hashlib.sha256(data).hexdigest()[:32]}{_ENDING}"
        try:
            if not _is_there(self._ours / name, len(data)):
                self._write(name, data)
        except OSError as error:
            raise self._complaint(error) from error
        transcript = " ".join(clip.transcript.split()) if is_whole else ""
        return Prompt(str(self._theirs / name), transcript, clip.language)

    def remove(self, prompt: Prompt) -> None:
        """Take a clip away; one that is not there is no error."""
        try:
            (self._ours / self._name(prompt)).unlink(missing_ok=True)
        except OSError as error:
            raise self._complaint(error) from error

    def tend(self, prompts: tuple[Prompt, ...]) -> None:
        """Touch those clips, and take away what nobody has touched for long."""
        for prompt in prompts:
            _touch(self._ours / self._name(prompt))
        stale = time.time() - STALE_S
        with suppress(OSError):
            for file in self._ours.glob(f"*{_NAME}*"):
                if file.name.lstrip(".").startswith(_NAME) and file.lstat().st_mtime < stale:
                    file.unlink(missing_ok=True)

    def _name(self, prompt: Prompt) -> str:
        return prompt.clip[len(prompt.clip) - len(_NAME) - 32 - len(_ENDING) :]

    def _write(self, name: str, data: bytes) -> None:
        """Whole or not at all, also where another voxd writes the same one just now."""
        unfinished = self._ours / f".{name}.{secrets.token_hex(4)}.new"
        try:
            write_new(unfinished, data)
            with suppress(OSError):  # a network's file system may have modes of its own
                unfinished.chmod(FILE_MODE)
            unfinished.replace(self._ours / name)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise
        with suppress(OSError):  # not every network's file system can
            sync_folder(self._ours)

    def _complaint(self, error: OSError) -> VoxdError:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return ProtocolError(f"the folder {self._ours} (clips.ours) is not there: make it, or mount it")
        hint = ""
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            hint = "; voxd must be allowed to write there, under systemd also by ReadWritePaths="
        return ProtocolError(f"the folder {self._ours} (clips.ours) takes no clip: {in_words(error)}{hint}")


def _parsed(wav: Path) -> Chunk:
    try:
        return parse(wav.read_bytes())
    except OSError as error:
        raise ProtocolError(f"the enrolled clip cannot be read: {in_words(error)}") from error


def _fitting(sound: Chunk) -> tuple[Chunk, bool]:
    """The sound, or the best part of it; whether it is all of it."""
    if sound.duration_s < CLIP_MIN_S:
        had = f"this one has {sound.duration_s:.1f} s without the silence around it"
        raise BadRequestError(f"GPT-SoVITS needs a clip of {CLIP_MIN_S:g} s at least, and {had}")
    if sound.duration_s <= CLIP_MAX_S:
        return sound, True
    samples = np.frombuffer(sound.pcm, dtype="<i2")[:: sound.format.channels]
    cut = excerpt(samples, sound.format.rate_hz, CLIP_MIN_S, EXCERPT_MAX_S)
    return Chunk(type(sound.format)(sound.format.rate_hz), cut.tobytes()), False


def _is_there(file: Path, size: int) -> bool:
    """Whether a clip is there and whole already; it counts as used just now then."""
    try:
        is_whole = file.lstat().st_size == size
    except FileNotFoundError:
        return False
    if is_whole:
        _touch(file)
    return is_whole


def _touch(file: Path) -> None:
    with suppress(OSError):  # it may be another voxd's, of another user
        os.utime(file)
