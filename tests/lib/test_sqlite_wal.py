"""The write-ahead log, read without SQLite."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from voxd.lib.sqlite_wal import FRAME, HEADER, read_log


@pytest.fixture(params=[(40, 3), (3, 40), (40, 0, 5), (30, 10, 4)], ids=str)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A log that was begun anew after so many commits, and that still holds frames of what it held before."""
    file, copy = tmp_path / "some.sqlite", tmp_path / "copy-wal"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.executescript("PRAGMA journal_mode = WAL; CREATE TABLE words (word TEXT);")
        for commits in request.param:
            connection.execute("PRAGMA wal_checkpoint(RESTART)")
            for _ in range(commits):
                connection.execute("INSERT INTO words VALUES (?)", ("x" * 500,))
        shutil.copy(f"{file}-wal", copy)
    return copy


def test_without_its_header_a_log_gives_the_frames_of_its_present_life(log: Path) -> None:
    whole = read_log(log)
    assert whole.frames
    assert not whole.damaged
    with log.open("r+b") as opened:
        opened.write(os.urandom(HEADER.size))
    without = read_log(log)
    assert without.damaged
    assert without.frames == whole.frames


def test_so_it_does_where_its_first_frames_are_gone_too(log: Path) -> None:
    whole = read_log(log)
    with log.open("r+b") as opened:
        opened.write(os.urandom(HEADER.size + FRAME.size + 2000))
    assert read_log(log).frames == whole.frames[1:]
