"""A journal on a disk that is full, read-only, or gives its room back."""

import asyncio
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from disks import MEGABYTE, empty, ext4_disk, fill, immutable, remount, small_disk
from waiting import until

from voxd.announcing.journal.journal import Journal
from voxd.announcing.journal.rows import Note
from voxd.errors import StorageError
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import AnnouncementId

RECOVERED_S = 5.0


def announcement(id_: str, text: str = "Something") -> Announcement:
    return Announcement(text, id=AnnouncementId(id_), received_at=time.time())


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as mounted:
        yield mounted


async def opened(disk: Path, warnings: list[str] | None = None) -> Journal:
    told: list[str] = [] if warnings is None else warnings
    journal = Journal(disk / "journal.sqlite", 1, told.append)
    await journal.open()
    for _ in range(2):  # it looks after what is old first
        await journal.find(AnnouncementId("first"))
    return journal


async def until_refused(journal: Journal) -> str:
    """Add what nobody needs until the disk takes no more of it."""
    for number in range(10_000):
        try:
            await journal.add(announcement(f"many-{number}", "x" * 2000))
        except StorageError as error:
            return str(error)
    raise AssertionError("the disk took it all")


async def until_added(journal: Journal, id_: str) -> None:
    async with asyncio.timeout(RECOVERED_S):
        while True:
            try:
                return await asyncio.wait_for(_added(journal, id_), 1)
            except StorageError:
                await asyncio.sleep(0.05)


async def _added(journal: Journal, id_: str) -> None:
    assert await journal.add(announcement(id_))


async def test_on_a_full_disk_nothing_new_is_accepted_and_what_was_is_noted(disk: Path) -> None:
    """The reserve is given up for that, and made again when there is room."""
    warnings: list[str] = []
    journal = await opened(disk, warnings)
    await journal.add(announcement("first"))
    reserve = disk / "journal.reserve"
    await until(reserve.exists)
    fill(disk)
    assert "the disk is full" in await until_refused(journal)
    assert reserve.stat().st_size == 0
    for number in range(300):
        journal.note(Note(AnnouncementId("first"), State.PLAYING, "x" * 1000, sentences_heard=number))
        await asyncio.sleep(0)
    await journal.commit(Note(AnnouncementId("first"), State.FINISHED))
    with pytest.raises(StorageError, match="the disk is full"):
        await journal.add(announcement("refused"))
    with pytest.raises(StorageError, match="the disk is full"):
        await journal.refuse(AnnouncementId("refused"), "mqtt", "no", "")
    found = await journal.find(AnnouncementId("first"))
    assert found is not None
    assert found.state is State.FINISHED
    await until(lambda: len(warnings) == 1)
    assert journal.healthy
    empty(disk)
    await until_added(journal, "second")
    await until(lambda: len(warnings) == 2)
    assert reserve.stat().st_size == MEGABYTE // 4
    assert "cannot be written: the disk is full" in warnings[0]
    assert "can be written again" in warnings[1]
    assert await journal.find(AnnouncementId("refused")) is None
    await journal.close()


async def test_a_journal_whose_disk_is_full_recovers_though_nobody_asks_anything_of_it(disk: Path) -> None:
    warnings: list[str] = []
    journal = await opened(disk, warnings)
    await until((disk / "journal.reserve").exists)
    fill(disk)
    await until_refused(journal)
    empty(disk)
    await until(lambda: len(warnings) == 2, RECOVERED_S)
    await journal.close()


async def test_without_its_reserve_a_journal_on_a_full_disk_is_a_clear_error_at_the_start(disk: Path) -> None:
    """SQLite has no room for what it needs to begin."""
    journal = await opened(disk)
    await journal.add(announcement("first"))
    await until((disk / "journal.reserve").exists)
    fill(disk)
    await until_refused(journal)
    await journal.close()
    fill(disk)
    with pytest.raises(StorageError, match=r"cannot be opened: the disk is full$"):
        await opened(disk)
    empty(disk)
    again = Journal(disk / "journal.sqlite", 1)
    assert "first" in {one.announcement.id for one in await again.open()}
    await again.close()


async def test_a_journal_that_was_closed_before_the_disk_was_full_starts_with_its_reserve(disk: Path) -> None:
    journal = await opened(disk)
    await journal.add(announcement("first"))
    await until((disk / "journal.reserve").exists)
    await journal.close()
    fill(disk)
    warnings: list[str] = []
    again = Journal(disk / "journal.sqlite", 1, warnings.append)
    assert [one.announcement.id for one in await again.open()] == ["first"]
    await again.commit(Note(AnnouncementId("first"), State.FINISHED))
    with pytest.raises(StorageError, match="the disk is full"):
        await again.add(announcement("second"))
    await until(lambda: len(warnings) == 1)
    empty(disk)
    await until_added(again, "second")
    await again.close()


async def test_what_was_refused_by_a_full_disk_is_not_found_in_the_journal_later(disk: Path) -> None:
    journal = await opened(disk)
    fill(disk)
    await until_refused(journal)
    refused = [f"refused-{number}" for number in range(20)]
    results = await asyncio.gather(*(journal.add(announcement(id_)) for id_ in refused), return_exceptions=True)
    assert all(isinstance(result, StorageError) for result in results)
    empty(disk)
    await until_added(journal, "after")
    for id_ in refused:
        assert await journal.add(announcement(id_)), "it is new"
    await journal.close()


async def test_a_journal_on_a_read_only_disk_is_a_clear_error_at_the_start(disk: Path) -> None:
    journal = await opened(disk)
    await journal.add(announcement("first"))
    await journal.close()
    remount(disk, "ro")
    with pytest.raises(StorageError, match=r"^The journal .*journal.sqlite cannot be opened: Read-only file system$"):
        await opened(disk)
    remount(disk, "rw")
    await (await opened(disk)).close()


async def test_a_journal_file_that_cannot_be_written_is_a_clear_error_at_the_start(tmp_path: Path) -> None:
    with ext4_disk(tmp_path / "disk") as disk:
        journal = await opened(disk)
        await journal.add(announcement("first"))
        await journal.close()
        with (
            immutable(disk / "journal.sqlite"),
            pytest.raises(StorageError, match=r"cannot be opened: (Operation not permitted|Permission denied)$"),
        ):
            await opened(disk)


async def test_a_journal_that_becomes_read_only_takes_nothing_over_and_recovers(tmp_path: Path) -> None:
    warnings: list[str] = []
    with ext4_disk(tmp_path / "disk", 64 * MEGABYTE) as disk:
        journal = await opened(disk, warnings)
        await journal.add(announcement("first"))
        with immutable(disk / "journal.sqlite", disk / "journal.sqlite-wal"):
            with pytest.raises(StorageError):
                await journal.add(announcement("refused"))
            journal.note(Note(AnnouncementId("first"), State.PLAYING, sentences_heard=1))
            with pytest.raises(StorageError):
                await journal.commit(Note(AnnouncementId("first"), State.FINISHED))
            found = await journal.find(AnnouncementId("first"))
            assert found is not None, "it can be read"
            await until(lambda: warnings)
        await until(lambda: len(warnings) == 2, RECOVERED_S)
        found = await journal.find(AnnouncementId("first"))
        assert found is not None
        assert found.state is State.FINISHED, "what was noted meanwhile is written"
        assert await journal.add(announcement("refused"))
        await journal.close()
    assert len(warnings) == 2


async def test_on_a_disk_that_becomes_read_only_for_good_what_is_known_can_be_told(tmp_path: Path) -> None:
    """As ext4 does after an error: no remounting helps."""
    warnings: list[str] = []
    with ext4_disk(tmp_path / "disk") as disk:
        journal = await opened(disk, warnings)
        await journal.add(announcement("first"))
        remount(disk, "abort")
        with pytest.raises(StorageError):
            await journal.add(announcement("second"))
        await until(lambda: warnings)
        assert len(await journal.history(10)) == 1
        assert journal.healthy
        await journal.close()


async def test_the_log_stays_small_and_a_flood_fills_no_disk(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"
    journal = Journal(file, history_days=1, rows_max=2000)
    await journal.open()
    log = tmp_path / "journal.sqlite-wal"
    largest = 0
    await journal.add(announcement("waits"))
    for start in range(0, 5000, 250):
        some = [announcement(f"id-{number}", "x" * 20_000) for number in range(start, start + 250)]
        await asyncio.gather(*(journal.add(one) for one in some))
        await asyncio.gather(*(journal.commit(Note(one.id, State.FINISHED)) for one in some))
        largest = max(largest, log.stat().st_size)
    await journal.close()
    assert largest < 16 * MEGABYTE
    with closing(sqlite3.connect(file)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM announcements").fetchone()
        (first,) = connection.execute("SELECT id FROM announcements ORDER BY seq").fetchone()
    assert 2000 <= count <= 3001
    assert first == "waits", "what is not over is never forgotten"
    assert file.stat().st_size < 3100 * 5.2 * 4096


def test_a_kill_while_the_journal_is_written_anew_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"
    writer = textwrap.dedent(
        """
        import asyncio, sys, time
        from pathlib import Path
        from voxd.announcing.journal import upkeep
        from voxd.announcing.journal.journal import Journal
        from voxd.model.announcement import Announcement
        async def main():
            upkeep.ANEW_AFTER_S = 0.0
            journal = Journal(Path(sys.argv[1]), 1, lambda warning: print(warning, flush=True))
            await journal.open()
            print("open", flush=True)
            some = [Announcement("x" * 2000, received_at=time.time()) for _ in range(int(sys.argv[2]))]
            await asyncio.gather(*(journal.add(one) for one in some))
            print("\\n".join(one.id for one in some), flush=True)
            await asyncio.sleep(60)
        asyncio.run(main())
        """
    )
    committed: set[str] = set()
    caught = 0
    for attempt in range(30):
        count = 10 if committed else 1000
        process = subprocess.Popen(
            [sys.executable, "-c", writer, str(file), str(count)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        if not committed:
            committed.update(process.stdout.readline().strip() for _ in range(count))
        time.sleep(attempt % 10 / 100)
        process.kill()
        committed.update(line.strip() for line in process.stdout if line.endswith("\n"))
        process.wait()
        process.stdout.close()
        caught += file.with_name("journal.sqlite-journal").exists()
        if caught == 3:
            break
    with closing(sqlite3.connect(file)) as connection:
        found = {id_ for (id_,) in connection.execute("SELECT id FROM announcements")}
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert committed <= found
    assert caught, "some kills fell into it"
