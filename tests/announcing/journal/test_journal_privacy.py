"""What people say is private: what is forgotten is gone from the files."""

import asyncio
import random
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from waiting import until

from voxd.announcing.journal.journal import Journal
from voxd.announcing.journal.rows import Note
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import AnnouncementId

SECRET = "the spare key lies under the blue flower pot"


def files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())


async def filled(file: Path) -> Journal:
    """Secrets of all lengths, some with a long life, among what stays."""
    dice = random.Random(1)
    journal = Journal(file, history_days=1)
    await journal.open()
    for start in range(0, 400, 20):
        for number in range(start, start + 20):
            text = f"{SECRET if number % 4 else 'nothing'} {number} " * dice.choice((1, 2, 10, 200))
            await journal.add(Announcement(text, id=AnnouncementId(f"id-{number}"), received_at=time.time()))
            for heard in range(dice.randrange(3)):
                journal.note(Note(AnnouncementId(f"id-{number}"), State.PLAYING, "Said " * 20 * heard, heard))
        await asyncio.gather(
            *(
                journal.commit(Note(AnnouncementId(f"id-{number}"), State.FINISHED))
                for number in range(start, start + 20)
            )
        )
    for number in range(20):
        await journal.refuse(AnnouncementId(f"bad-{number}"), "mqtt", "no", f"{SECRET} and more")
    return journal


def grow_old(file: Path) -> None:
    """All secrets were said two days ago."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(
            "UPDATE announcements SET updated_at = updated_at - 172800, updated_boot = '' WHERE content LIKE '%spare%'"
        )
        connection.commit()


async def test_what_was_said_is_in_no_file_any_more_when_it_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voxd.announcing.journal.upkeep.FORGET_EVERY_S", 0.05)
    monkeypatch.setattr("voxd.announcing.journal.upkeep.ANEW_AFTER_S", 0.0)
    monkeypatch.setattr("voxd.announcing.journal.upkeep.ANEW_EVERY_S", 0.0)
    file = tmp_path / "journal.sqlite"
    journal = await filled(file)
    assert SECRET.encode() in files(tmp_path)
    grow_old(file)
    await until(lambda: SECRET.encode() not in files(tmp_path), 10)
    for part in ("spare key", "flower"):
        assert part.encode() not in files(tmp_path)
    assert len(await journal.history(1000)) == 100, "the rest is there"
    assert "nothing" in (await journal.history(1))[0].announcement.text
    await journal.close()


async def test_what_grew_old_while_voxd_was_away_is_forgotten_soon_after_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voxd.announcing.journal.upkeep.ANEW_AFTER_S", 0.0)
    file = tmp_path / "journal.sqlite"
    await (await filled(file)).close()
    grow_old(file)
    journal = Journal(file, history_days=1)
    await journal.open()
    await until(lambda: b"flower" not in files(tmp_path), 10)
    await journal.close()


async def test_a_damaged_journal_kept_for_its_owner_is_forgotten_as_history_is(tmp_path: Path) -> None:
    first = tmp_path / "first"
    file = first / "journal.sqlite"
    await (await filled(file)).close()
    with file.open("r+b") as opened:
        opened.write(b"\0" * 4096)
    shutil.copytree(first, tmp_path / "second")
    journal = Journal(file, history_days=1)
    await journal.open()
    await journal.close()
    assert SECRET.encode() in files(first)
    journal = Journal(tmp_path / "second" / "journal.sqlite", history_days=1e-9)
    await journal.open()
    await until(lambda: b"flower" not in files(tmp_path / "second"), 10)
    await journal.close()
