"""What goes wrong with the journal's file: which kind it is, and how it is said."""

import sqlite3

from voxd.lib.os_errors import in_words
from voxd.lib.reserve import NO_ROOM

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_READ_ONLY = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)


class DamageError(sqlite3.DatabaseError):
    """The file is not what it was, which we found ourselves."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def is_damage(error: Exception) -> bool:
    """Whether the file does not hold what SQLite wrote."""
    return _code(error) in _DAMAGE


def is_full(error: Exception) -> bool:
    """Whether room on the disk is missing."""
    return _code(error) == sqlite3.SQLITE_FULL or getattr(error, "errno", 0) in NO_ROOM


def may_be_full(error: Exception) -> bool:
    """Whether that may be what is wrong; SQLite does not say so of all its files."""
    return _code(error) in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


def why(error: Exception) -> str:
    """What went wrong, for the owner."""
    code = _code(error)
    if is_full(error):
        return "the disk is full"
    return "it is read-only" if code in _READ_ONLY else in_words(error)


def _code(error: Exception) -> int:
    """SQLite's primary result code (https://www.sqlite.org/rescode.html), 0 for other errors."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
