"""What is read from pages and logs without SQLite is what SQLite reads."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from voxd.lib.sqlite_pages import Pages, Row
from voxd.lib.sqlite_wal import read_log

VALUES = (
    *(None, 0, 1, -1, 127, -128, 32_767, -8_388_608, 2**31 - 1, -(2**47), 2**62, -(2**63)),
    *(0.5, -1e300, "", "häßlich 说", "x" * 300, "o" * 4061, "y" * 20_000, b"", b"\0\xff" * 4000),
)


@pytest.fixture(params=[512, 4096, 65_536])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, sqlite3.Connection]]:
    """A file and an open connection that has put a part of its rows only into the log."""
    file = tmp_path / "some.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {request.param}")
        connection.executescript("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = ON")
        connection.execute("CREATE TABLE things (number INTEGER PRIMARY KEY, a, b, c)")
        connection.execute("CREATE INDEX by_a ON things (a) WHERE typeof(a) = 'integer'")
        dice = random.Random(1)
        for count in range(300):
            if count == 200:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("INSERT INTO things (a, b, c) VALUES (?, ?, ?)", dice.choices(VALUES, k=3))
        connection.execute("UPDATE things SET c = 'changed' WHERE number % 7 = 0")
        yield file, connection


def copied(file: Path) -> Path:
    """As a crash would leave it."""
    copy = file.with_name("copy.sqlite")
    for end in ("", "-wal"):
        shutil.copyfile(f"{file}{end}", f"{copy}{end}")
    return copy


def test_every_row_is_read_as_sqlite_reads_it(database: tuple[Path, sqlite3.Connection]) -> None:
    file, connection = database
    log = read_log(Path(f"{file}-wal"))
    assert not log.damaged
    with Pages(file, {frame.page: frame.content for frame in log.frames}) as pages:
        rows = {row.rowid: row for row in pages.rows() if len(row.values) == 4}
        entries = {entry for entry in pages.entries() if len(entry) == 2}
    assert rows == {
        number: Row(number, (None, *values)) for number, *values in connection.execute("SELECT * FROM things")
    }
    assert entries == set(connection.execute("SELECT a, number FROM things WHERE typeof(a) = 'integer'"))


def test_damage_spoils_no_more_than_it_hits(database: tuple[Path, sqlite3.Connection]) -> None:
    file, connection = database
    whole = {number: Row(number, (None, *values)) for number, *values in connection.execute("SELECT * FROM things")}
    copy = copied(file)
    dice = random.Random(2)
    for damaged in (copy, Path(f"{copy}-wal")):
        content = bytearray(damaged.read_bytes())
        for _ in range(5):
            start = dice.randrange(len(content))
            content[start : start + 100] = dice.randbytes(len(content[start : start + 100]))
        damaged.write_bytes(content)
    log = read_log(Path(f"{copy}-wal"))
    assert log.damaged
    with Pages(copy, {frame.page: frame.content for frame in log.frames}) as pages:
        rows = [row for row in pages.rows() if row == whole.get(row.rowid)]
        list(pages.entries())
    assert rows


def test_nonsense_is_read_as_nothing(tmp_path: Path) -> None:
    dice = random.Random(3)
    for _ in range(50):
        (tmp_path / "file").write_bytes(b"\x0d" * dice.randrange(200) + dice.randbytes(dice.randrange(9000)))
        (tmp_path / "log").write_bytes(dice.randbytes(dice.randrange(9000)))
        frames = read_log(tmp_path / "log").frames
        with Pages(tmp_path / "file", {frame.page: frame.content for frame in frames}) as pages:
            list(pages.rows())
            list(pages.entries())


def test_there_is_no_log_where_there_is_no_file(tmp_path: Path) -> None:
    log = read_log(tmp_path / "none")
    assert (log.frames, log.damaged) == ((), False)


def test_a_log_begun_anew_over_an_older_one_is_whole(database: tuple[Path, sqlite3.Connection]) -> None:
    file, connection = database
    connection.execute("PRAGMA wal_checkpoint(RESTART)")
    connection.execute("INSERT INTO things (a) VALUES ('the newest')")
    log = read_log(Path(f"{file}-wal"))
    assert not log.damaged
    assert log.frames[-1].is_commit
    assert len(log.frames) < 10


def test_what_was_never_committed_is_no_part_of_a_log(database: tuple[Path, sqlite3.Connection]) -> None:
    file, connection = database
    before = read_log(Path(f"{file}-wal"))
    connection.executescript("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN")
    for _ in range(200):
        connection.execute("INSERT INTO things (a) VALUES (?)", ("never " * 500,))
    grown = Path(f"{copied(file)}-wal")
    connection.execute("ROLLBACK")
    assert grown.stat().st_size > 32 + len(before.frames) * (24 + len(before.frames[0].content))
    assert read_log(grown) == before


def test_a_size_beyond_all_numbers_is_damage_like_any_other(tmp_path: Path) -> None:
    """The text of 2^63 bytes that a damaged header promises, before a number with a fraction."""
    record = bytes((11, *(0xFF,) * 9, 7))
    page = bytearray(4096)
    page[0] = 10
    page[3:5], page[8:10], page[16:18] = (1).to_bytes(2, "big"), (100).to_bytes(2, "big"), (4096).to_bytes(2, "big")
    page[100 : 101 + len(record)] = bytes((len(record),)) + record
    file = tmp_path / "damaged.sqlite"
    file.write_bytes(page)
    with Pages(file, {}) as pages:
        assert list(pages.entries()) == []
