"""A name for this installation that no renaming changes."""

import fcntl
import os
import re
import secrets
from pathlib import Path

from voxd.lib import durable

_ID = re.compile(r"[0-9a-f]{12}")


def own_id(file: Path) -> str:
    """The 12 hex digits that are kept in `file`: made at random the first time, and again where there are none in it.

    Blocks for a moment. Raises OSError where it can neither be read nor written.
    """
    return _kept(file) or _made(file)


def _kept(file: Path) -> str:
    try:
        kept = file.read_bytes()[:64].decode("ascii", "replace").strip()
    except FileNotFoundError:
        return ""
    return kept if _ID.fullmatch(kept) else ""


def _made(file: Path) -> str:
    """A new one, or what somebody else has made at the same time."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if not (own := _kept(file)):
            own = secrets.token_hex(6)
            durable.replace(file, f"{own}\n".encode())
        return own
    finally:
        os.close(folder)
