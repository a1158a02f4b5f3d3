"""The journal in an archive: a whole copy of one that may be in use, in one file. Everything blocks."""

import logging
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from voxd.announcing.journal.connection import JournalConnection
from voxd.announcing.journal.errors import why
from voxd.announcing.journal.file import JournalFile
from voxd.announcing.journal.rescue import Rescued
from voxd.announcing.journal.schema import GIVE_UP_SQL, VERSION
from voxd.announcing.journal.upkeep import Limits
from voxd.backup.contents import JOURNAL, NOTES
from voxd.errors import StorageError

log = logging.getLogger(__name__)

COPY_MAX_S = 60.0
NOT_OVER = "It was not over when the backup was made"
_FOR_EVER = Limits(float("inf"), 2**62)


def copy_journal(state: Path, into: Path, *, in_use: bool) -> None:
    """Copy the journal of a state folder; nothing where there is none.

    One that is `in_use` is asked for by SQLite. Any other is copied as it lies there: SQLite would tidy up what the
    daemon's next start looks into for damage. The notes come first: one that the journal has counted, too, counts once.
    Raises StorageError and OSError.
    """
    if not (state / JOURNAL).exists():
        return
    for name in (NOTES,) if in_use else (NOTES, f"{JOURNAL}-wal", JOURNAL):
        if (state / name).exists():
            shutil.copyfile(state / name, into / name)
    try:
        if in_use:
            _copy(state / JOURNAL, into / JOURNAL)
        _make_whole(into / JOURNAL)
    except sqlite3.Error as error:
        raise StorageError(f"The journal {state / JOURNAL} cannot be copied: {why(error)}") from error


def end_all(file: Path) -> None:
    """Look whether a journal from an archive is whole, bring it to this version, and end what was under way in it.

    Nobody knows what was heard of that since, and nothing is heard twice. Raises StorageError.
    """
    connection = JournalConnection(file)
    try:
        with closing(sqlite3.connect(file)) as sqlite:
            (version,) = sqlite.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise StorageError("The journal in the archive is of a newer voxd; restore it with that one")
        connection.open()
        connection.commit([(GIVE_UP_SQL, {"reason": NOT_OVER}), ("UPDATE notebook SET held = 0", {})])
    except sqlite3.Error as error:
        raise StorageError(f"The journal in the archive is damaged: {why(error)}") from error
    finally:
        connection.close()


def _copy(source: Path, target: Path) -> None:
    end_s = time.monotonic() + COPY_MAX_S

    def give_up_in_time(*_: int) -> None:
        if time.monotonic() > end_s:
            raise sqlite3.OperationalError("it was busy for too long; try again")

    address = f"{source.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True)) as used, closing(sqlite3.connect(target)) as copied:
        used.backup(copied, progress=give_up_in_time, sleep=0.05)
    target.chmod(0o600)


def _make_whole(file: Path) -> None:
    """Bring log and notes into the copy, and write it anew, so that nothing forgotten is left in it."""

    def tell(rescued: Rescued, problem: str) -> None:
        log.warning("The journal is damaged, %s; %d announcements can be read of it", problem, rescued.rows)

    journal = JournalFile(file, _FOR_EVER)
    try:
        journal.open(tell)
        journal.connection.write_anew()
    finally:
        journal.close()
