"""Files that nobody needs any more: what once was made for something that is gone from the settings or the house."""

import fcntl
import os
import re
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from voxd.delivery.outputs.wav_files import stem_of
from voxd.neural.hub.repository import repositories_in

UNUSED_DAYS = 30.0
"""So long what could still be meant, or used by another daemon of this machine, is left alone."""
ABANDONED_DAYS = 7.0
"""So long a download may wait to be taken up again."""
SHARED_SCRATCH = ("cuda",)
"""What belongs to no engine alone: what the driver has compiled."""
_RECORDING = re.compile(r"(?P<stem>.+)-\d{8}-\d{6}-\d{6}\.wav")
_DAY_S = 86_400


def abandoned_downloads(models: Path) -> Iterator[Path]:
    """Folders of models whose download began, and was neither finished nor taken up again."""
    for repository in repositories_in(models):
        growing = repository.growing(models)
        if growing.is_dir() and _is_older(growing, ABANDONED_DAYS) and not _is_locked(growing):
            yield growing


def orphaned_embeddings(folder: Path, speakers: Collection[str]) -> Iterator[Path]:
    """Speaker embeddings of voices that are gone. Without the neural part there are none."""
    try:
        from voxd.neural.embedding_folder import voices_in
    except ImportError:
        return
    for path, speaker in voices_in(folder):
        if speaker not in speakers and _is_older(path, UNUSED_DAYS):
            yield path


def orphaned_scratch(folder: Path, engines: Collection[str]) -> Iterator[Path]:
    """What engines have compiled for themselves that are gone from the settings."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in (*engines, *SHARED_SCRATCH) and path.is_dir() and _is_older(path, UNUSED_DAYS):
            yield path


def orphaned_recordings(folder: Path, outputs: Collection[str]) -> Iterator[Path]:
    """Recordings of outputs that are gone; those of an output that is there keep their number by themselves."""
    stems = {stem_of(name) for name in outputs}
    for path in folder.iterdir() if folder.is_dir() else ():
        found = _RECORDING.fullmatch(path.name)
        if found and found["stem"] not in stems and _is_older(path, UNUSED_DAYS):
            yield path


def _is_older(path: Path, days: float) -> bool:
    """Whether it, and for a folder all that is in it, was touched last so long ago."""
    newest = 0.0
    for each in (path, *(path.rglob("*") if path.is_dir() else ())):
        with suppress(FileNotFoundError):
            newest = max(newest, each.lstat().st_mtime)
    return 0 < newest < time.time() - days * _DAY_S


def _is_locked(folder: Path) -> bool:
    """Whether somebody works in it: see neural/hub/fetching.py."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
