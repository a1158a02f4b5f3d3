"""A name for this installation that no renaming changes."""

import re
import secrets
from pathlib import Path

from voxd.lib import durable

_ID = re.compile(r"[0-9a-f]{12}")


def own_id(file: Path) -> str:
    """The 12 hex digits that are kept in `file`: made at random the first time, and again where there are none in it.

    Blocks for a moment. Raises OSError where it can neither be read nor written.
    """
    try:
        kept = file.read_bytes()[:64].decode("ascii", "replace").strip()
    except FileNotFoundError:
        kept = ""
    if _ID.fullmatch(kept):
        return kept
    made = secrets.token_hex(6)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    durable.replace(file, f"{made}\n".encode())
    return made
