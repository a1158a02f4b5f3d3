"""The files of recordings: one WAV file for each, named by its sound. Everything blocks."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from voxd.audio import wav
from voxd.audio.loudness import loudness_lufs
from voxd.audio.pcm import mono
from voxd.errors import BadRequestError
from voxd.lib import durable
from voxd.model.audio import AudioFormat, Chunk, Clip

FOLDER_MODE = 0o700


@dataclass(frozen=True, slots=True)
class Recording:
    """A sound, mono, and how loud people find it, in LUFS; None where that cannot be told."""

    sound: Clip
    loudness_lufs: float | None


def in_one_channel(sound: Chunk) -> Chunk:
    """Its whole frames, mono; a second at a time, as it would take many times its room meanwhile."""
    second, end = sound.format.rate_hz * sound.format.frame_bytes, sound.frames * sound.format.frame_bytes
    if sound.format.channels == 1:
        return Chunk(sound.format, sound.pcm[:end])
    parts = (Chunk(sound.format, sound.pcm[at : min(end, at + second)]) for at in range(0, end, second))
    return Chunk(AudioFormat(sound.format.rate_hz), b"".join(mono(part).pcm for part in parts))


def name_of(sound: Chunk) -> str:
    """32 hexadecimal digits that stand for the sound."""
    found = hashlib.sha256(b"%d " % sound.format.rate_hz)
    found.update(sound.pcm)
    return found.hexdigest()[:32]


def file_of(folder: Path, name: str) -> Path:
    """Where the recording of that name is; the name must be one of ours."""
    return folder / f"{name}.wav"


def write(folder: Path, name: str, sound: Chunk) -> None:
    """Put it there, whole or not at all. Raises OSError."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    durable.replace(file_of(folder, name), wav.wav_bytes(sound))


def read(folder: Path, name: str) -> Recording:
    """The recording of that name. Raises OSError, and BadRequestError where its file is damaged."""
    chunk = wav.parse(file_of(folder, name).read_bytes())
    if name_of(chunk) != name:
        raise BadRequestError("The file of the recording is damaged")
    return Recording(Clip(chunk.format, chunk.pcm), loudness_lufs([chunk]))


def kept(folder: Path, needed: Collection[str]) -> dict[str, int]:
    """What is there of the needed ones, in bytes by name. Raises OSError."""
    files = [file for file in folder.iterdir() if _is_needed(file, needed)] if folder.is_dir() else []
    return {file.stem: file.stat().st_size for file in files}


def sweep(folder: Path, needed: Collection[str]) -> None:
    """Remove everything else. Raises OSError where some of it cannot be removed; the rest is gone then."""
    failed: OSError | None = None
    for file in tuple(folder.iterdir()) if folder.is_dir() else ():
        try:
            if not _is_needed(file, needed):
                file.unlink()
        except OSError as error:
            failed = error
    if failed is not None:
        raise failed


def _is_needed(file: Path, needed: Collection[str]) -> bool:
    return file.suffix == ".wav" and file.stem in needed
