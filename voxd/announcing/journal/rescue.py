"""A damaged journal is set aside, and what can be read of it begins a new one. Everything blocks."""

import os
import shutil
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from voxd.announcing.journal.connection import Statement
from voxd.announcing.journal.salvage import salvaged
from voxd.announcing.journal.schema import GIVE_UP_SQL, RESTORE_SQL, UNDER_WAY, migrate
from voxd.lib.durable import sync_folder
from voxd.lib.sqlite_wal import Log

ASIDE_MAX = 3
"""So many damaged journals are kept, the last ones, and none longer than history is: what people say is private."""
UNKNOWN_END = "What became of it was lost with the damaged journal"


@dataclass(frozen=True, slots=True)
class Rescued:
    """How many announcements were read back, how many of them are not over, and where the damaged file is now."""

    rows: int
    under_way: int
    aside: Path | None


def log_of(path: Path) -> Path:
    """The write-ahead log of an SQLite file."""
    return path.with_name(f"{path.name}-wal")


def set_aside(path: Path) -> Path | None:
    """Give what is there of a damaged file and its log a second name; None where there is nothing to keep."""
    aside = path.with_name(f"{path.stem}.damaged-{time.strftime('%Y%m%dT%H%M%S')}{path.suffix}")
    for old, new in ((log_of(path), log_of(aside)), (path, aside)):
        if old.exists() and old.stat().st_size:
            new.unlink(missing_ok=True)
            try:
                new.hardlink_to(old)
            except OSError:  # not every file system has hard links
                shutil.copyfile(old, new)
    return aside if aside.exists() or log_of(aside).exists() else None


def begin_anew(path: Path, aside: Path | None, log: Log, known: Sequence[Statement] | None) -> Rescued:
    """Put a new journal in the place of a damaged one; it is closed, and nobody has it open.

    It holds what can be read of the one set aside and of its log. Where it is `known` what is under way, that is made
    again and nothing else is under way. Raises OSError and sqlite3.Error; the damaged one is still there then.
    """
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with closing(sqlite3.connect(new, isolation_level=None)) as connection:
        new.chmod(0o600)
        migrate(connection)
        connection.execute("BEGIN")
        if aside is not None:
            _refill(connection, aside, log)
        if known is not None:
            connection.execute(GIVE_UP_SQL, {"reason": UNKNOWN_END})
            for sql, values in known:
                _make_again(connection, sql, values)
        connection.execute("COMMIT")
        counted = f"SELECT count(*), count(*) FILTER (WHERE state IN {UNDER_WAY}) FROM announcements"  # noqa: S608 - a constant
        rows, under_way = connection.execute(counted).fetchone()
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    new.replace(path)
    sync_folder(path.parent)
    return Rescued(rows, under_way, aside)


def forget_aside(path: Path, older_than_s: float) -> None:
    """Delete the damaged journals beside this one that are too many or too old."""
    with suppress(OSError):
        found = sorted(path.parent.glob(f"{path.stem}.damaged-*"), key=lambda file: file.name.removesuffix("-wal"))
        times = sorted({file.name.removesuffix("-wal") for file in found})
        for file in found:
            is_old = time.time() - file.stat().st_ctime > older_than_s
            if is_old or file.name.removesuffix("-wal") not in times[-ASIDE_MAX:]:
                file.unlink(missing_ok=True)


def _refill(connection: sqlite3.Connection, aside: Path, log: Log) -> None:
    file = aside if aside.exists() else Path(os.devnull)
    for values in salvaged(file, log):
        _put(connection, RESTORE_SQL, values)


def _make_again(connection: sqlite3.Connection, sql: str, values: Mapping[str, object]) -> None:
    """A row as it was known; its state in the damaged journal was an older one."""
    if "content" in values:
        connection.execute("DELETE FROM announcements WHERE id = :id", values)
    _put(connection, sql, values)


def _put(connection: sqlite3.Connection, sql: str, values: Mapping[str, object]) -> None:
    """Execute it; where another row has its place it comes last."""
    try:
        connection.execute(sql, values)
    except sqlite3.IntegrityError:
        connection.execute(sql, {**values, "seq": None})
