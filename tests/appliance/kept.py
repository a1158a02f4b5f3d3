"""What takes minutes to make is made once for all clones of this user, and again when what it is made of changes."""

import fcntl
import hashlib
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from roots import KEPT

UNUSED_S = 7 * 24 * 3600.0


def kept(name: str, made_of: Iterable[str | bytes], make: Callable[[Path], None]) -> Path:
    """The folder of this name that is made of this; `make` fills it, where there is none yet.

    Machines may run on one that was made of something else, so that stays until nobody has used it for a week.
    """
    folder = KEPT / f"{name}-{_hash(made_of)}"
    done = folder.with_suffix(".made")
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever else wants the same waits, and has it
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
        done.touch()
        _remove_unused(name)
    return folder


def _remove_unused(name: str) -> None:
    for done in KEPT.glob(f"{name}-*.made"):
        if time.time() - done.stat().st_mtime > UNUSED_S:
            done.unlink()
            with suppress(FileNotFoundError):
                shutil.rmtree(done.with_suffix(""))


def _hash(made_of: Iterable[str | bytes]) -> str:
    parts = [part.encode() if isinstance(part, str) else part for part in made_of]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]
