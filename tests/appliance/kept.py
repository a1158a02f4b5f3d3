"""What takes minutes to make is made once for all clones of this user, and again when what it is made of changes."""

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from roots import KEPT


def kept(name: str, made_of: Iterable[str | bytes], make: Callable[[Path], None]) -> Path:
    """The folder of this name; `make` fills it, where there is none or one that was made of something else."""
    folder, told = KEPT / name, KEPT / f"{name}.made-of"
    wanted = _hash(made_of)
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever else wants the same waits, and has it
        if not told.exists() or told.read_text() != wanted:
            told.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            told.write_text(wanted)
    return folder


def _hash(made_of: Iterable[str | bytes]) -> str:
    parts = [part.encode() if isinstance(part, str) else part for part in made_of]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
