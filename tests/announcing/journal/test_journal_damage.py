"""A damaged journal is set aside, what can be read of it is kept, and nothing that was heard waits again."""

import asyncio
import os
import random
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from waiting import until

from voxd.announcing.journal.journal import Journal
from voxd.announcing.journal.rows import Note, Unfinished
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import AnnouncementId

PAGE = 4096
COUNT = 300
UNFINISHED = {f"id-{number}" for number in range(COUNT) if number % 3 == 0}
FINISHED = {f"id-{number}" for number in range(COUNT)} - UNFINISHED


class Damaged:
    """What a crash left of a journal in which every third announcement is not over; to be damaged before it is opened.

    Of the rows a part is only in the log.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.log = file.with_name(f"{file.name}-wal")
        self.warnings: list[str] = []

    async def make(self, folder: Path) -> None:
        dice = random.Random(4)
        journal = Journal(folder / "journal.sqlite", history_days=1)
        await journal.open()
        for start in range(0, COUNT, 10):
            await asyncio.gather(*(self._announce(journal, number, dice) for number in range(start, start + 10)))
        self.file.parent.mkdir()
        for file in folder.glob("journal.sqlite*"):
            shutil.copyfile(file, self.file.parent / file.name)
        await journal.close()

    async def _announce(self, journal: Journal, number: int, dice: random.Random) -> None:
        text = f"Text {number} " + "so it is said, " * dice.choice((1, 1, 1, 20, 400))
        id_ = AnnouncementId(f"id-{number}")
        await journal.add(Announcement(text, id=id_, received_at=time.time()))
        state = State.PLAYING if number % 3 == 0 else State.FINISHED
        await journal.commit(Note(id_, state, sentences_heard=1, heard=0.25))

    def overwrite(self, file: Path, start: int, size: int, what: bytes | None = None) -> None:
        with file.open("r+b") as opened:
            opened.seek(start)
            opened.write(os.urandom(size) if what is None else what * size)

    def pages(self) -> int:
        return self.file.stat().st_size // PAGE

    def checkpointed(self) -> "Damaged":
        """All of it in the file."""
        sqlite3.connect(self.file).close()
        with sqlite3.connect(self.file) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return self

    async def opened(self) -> "tuple[Journal, tuple[Unfinished, ...]]":
        journal = Journal(self.file, 1, self.warnings.append)
        left = await asyncio.wait_for(journal.open(), 20)
        await until(lambda: self.warnings)
        return journal, left

    def aside(self) -> list[Path]:
        return sorted(self.file.parent.glob("*.damaged-*"))


@pytest.fixture
async def damaged(tmp_path: Path) -> Damaged:
    made = Damaged(tmp_path / "state" / "journal.sqlite")
    await made.make(tmp_path / "before")
    return made


def garbage_in_the_middle(damaged: Damaged) -> None:
    damaged.checkpointed().overwrite(damaged.file, damaged.pages() // 2 * PAGE + 77, 3 * PAGE)


def first_page_lost(damaged: Damaged) -> None:
    damaged.checkpointed().overwrite(damaged.file, 0, PAGE)


def cut_off(damaged: Damaged) -> None:
    os.truncate(damaged.checkpointed().file, damaged.pages() * PAGE * 2 // 3 + 100)


def zeros_inside(damaged: Damaged) -> None:
    damaged.checkpointed().overwrite(damaged.file, 5 * PAGE, 4 * PAGE, b"\0")


def log_damaged(damaged: Damaged) -> None:
    damaged.overwrite(damaged.log, 32 + 4 * (PAGE + 24) + 200, PAGE)


def log_header_lost(damaged: Damaged) -> None:
    damaged.overwrite(damaged.log, 0, 32)


@pytest.mark.parametrize(
    "damage", [garbage_in_the_middle, first_page_lost, cut_off, zeros_inside, log_damaged, log_header_lost]
)
async def test_of_a_damaged_journal_what_is_readable_is_kept(
    damaged: Damaged, damage: Callable[[Damaged], None], caplog: pytest.LogCaptureFixture
) -> None:
    damage(damaged)
    before = damaged.file.read_bytes()
    journal, left = await damaged.opened()
    ids = {one.announcement.id for one in left}
    assert ids <= UNFINISHED, "nothing that was heard waits again"
    assert len(ids) > 0.6 * len(UNFINISHED)
    known = [one for one in left if (one.state, one.sentences_heard, one.heard) == (State.PLAYING, 1, 0.25)]
    assert len(known) > 0.9 * len(left), "what was noted last of the others is lost"
    assert all(one.announcement.text.startswith(f"Text {one.announcement.id[3:]} so") for one in left)
    past = await journal.history(1000)
    finished = {one.announcement.id for one in past if one.state is State.FINISHED}
    assert finished <= FINISHED
    assert len(finished) > 0.6 * len(FINISHED)
    assert damaged.aside()[0].read_bytes() == before
    assert damaged.aside()[0].stat().st_mode & 0o777 == before_mode(damaged)
    assert "was damaged" in caplog.text
    (warning,) = damaged.warnings
    assert f"{len(past)} announcements were read back, {len(ids)} of them not over" in warning
    assert "\n" not in warning
    assert await journal.add(Announcement("new", id=AnnouncementId("new"), received_at=time.time()))
    assert not await journal.add(Announcement("again", id=next(iter(ids)), received_at=time.time()))
    await journal.close()
    again = Journal(damaged.file, 1, damaged.warnings.append)
    assert len(await again.open()) == len(ids) + 1
    await again.close()
    assert len(damaged.warnings) == 1


def before_mode(damaged: Damaged) -> int:
    return damaged.file.stat().st_mode & 0o777


@pytest.mark.parametrize("content", [b"", b"\0" * 40_000, b"not a database at all" * 1000, os.urandom(50_000)])
async def test_a_file_that_holds_no_journal_is_set_aside_and_a_new_one_begun(tmp_path: Path, content: bytes) -> None:
    damaged = Damaged(tmp_path / "state" / "journal.sqlite")
    damaged.file.parent.mkdir()
    damaged.file.write_bytes(content)
    journal, left = await damaged.opened()
    assert left == ()
    assert [file.read_bytes() for file in damaged.aside()] == ([content] if content else [])
    assert await journal.add(Announcement("new", received_at=time.time()))
    await journal.close()


async def test_of_a_lost_file_what_its_log_holds_is_kept(damaged: Damaged) -> None:
    for remains in (True, False):
        kept = damaged.log.read_bytes()
        damaged.file.unlink()
        if remains:
            damaged.file.touch()
        journal, left = await damaged.opened()
        assert left
        assert {one.announcement.id for one in left} <= UNFINISHED
        await journal.close()
        damaged.log.write_bytes(kept)
        damaged.warnings.clear()


async def test_a_log_that_ends_in_the_middle_of_a_commit_is_no_damage(damaged: Damaged) -> None:
    """That is what a kill or a power cut leaves of what was not committed."""
    os.truncate(damaged.log, damaged.log.stat().st_size - PAGE // 2)
    journal = Journal(damaged.file, 1, damaged.warnings.append)
    assert {one.announcement.id for one in await journal.open()} <= UNFINISHED | {f"id-{COUNT - 1}"}
    await journal.close()
    assert damaged.warnings == []


async def test_only_a_few_damaged_journals_are_kept_and_none_longer_than_history(tmp_path: Path) -> None:
    damaged = Damaged(tmp_path / "state" / "journal.sqlite")
    damaged.file.parent.mkdir()
    for number in range(6):
        (damaged.file.parent / f"journal.damaged-20250101T00000{number}.sqlite").write_bytes(b"old")
        (damaged.file.parent / f"journal.damaged-20250101T00000{number}.sqlite-wal").write_bytes(b"old")
    damaged.file.write_bytes(b"not a database at all")
    journal, _ = await damaged.opened()
    await journal.close()
    names = [file.name for file in damaged.aside()]
    assert names[:4] == [
        f"journal.damaged-20250101T00000{number}.sqlite{end}" for number in (4, 5) for end in ("", "-wal")
    ]
    assert len(names) == 5
    journal = Journal(damaged.file, history_days=1e-9)
    await journal.open()
    await until(lambda: not damaged.aside())
    await journal.close()


async def begun(damaged: Damaged) -> Journal:
    """A journal that has looked after what is old and serves."""
    journal = Journal(damaged.file, 1, damaged.warnings.append)
    await journal.open()
    for _ in range(2):
        await journal.find(AnnouncementId("id-0"))
    return journal


async def test_damage_found_while_it_runs_loses_nothing_of_what_is_under_way(damaged: Damaged) -> None:
    """Nothing is readable any more, what was noted last waits to be written, and somebody waits for a commit."""
    journal = await begun(damaged.checkpointed())
    journal.note(Note(AnnouncementId("id-0"), State.FINISHED))
    await journal.commit(Note(AnnouncementId("id-3"), State.PLAYING, sentences_heard=7, heard=0.75))
    damaged.overwrite(damaged.file, 0, damaged.file.stat().st_size)
    damaged.overwrite(damaged.log, 0, damaged.log.stat().st_size)
    journal.note(Note(AnnouncementId("id-6"), State.FINISHED))
    assert await journal.find(AnnouncementId("id-9")) is not None
    assert await journal.history(COUNT)
    assert await journal.add(Announcement("new", id=AnnouncementId("new"), received_at=time.time()))
    await journal.commit(Note(AnnouncementId("id-9"), State.FINISHED))
    await until(lambda: damaged.warnings)
    await journal.close()
    assert len(damaged.warnings) == 1
    again = Journal(damaged.file, 1, damaged.warnings.append)
    left = {one.announcement.id: one for one in await again.open()}
    await again.close()
    assert left.keys() == UNFINISHED - {"id-0", "id-6", "id-9"} | {"new"}
    assert (left[AnnouncementId("id-3")].sentences_heard, left[AnnouncementId("id-3")].heard) == (7, 0.75)
    assert left[AnnouncementId("id-12")].announcement.text.startswith("Text 12 so")


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_journal_removed_while_it_runs_is_begun_anew_with_what_is_under_way(
    damaged: Damaged, replaced: bool
) -> None:
    """What is written to a file without a name would be lost."""
    journal = await begun(damaged)
    if replaced:
        shutil.copyfile(damaged.file, damaged.file.with_name("copy"))
        damaged.file.with_name("copy").replace(damaged.file)
    else:
        damaged.file.unlink()
    await journal.commit(Note(AnnouncementId("id-0"), State.FINISHED))
    await until(lambda: damaged.warnings)
    await journal.close()
    assert "removed or replaced" in damaged.warnings[0]
    again = Journal(damaged.file, 1)
    assert {one.announcement.id for one in await again.open()} == UNFINISHED - {"id-0"}
    await again.close()
