"""The journal: what was committed is there, whatever happens."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from waiting import until

from voxd.announcing.journal.journal import Journal
from voxd.announcing.journal.rows import Note
from voxd.errors import StorageError
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.identifiers import AnnouncementId, ZoneId


def announcement(number: int = 1, **more: object) -> Announcement:
    return Announcement(f"Text {number}", id=AnnouncementId(f"id-{number}"), received_at=time.time(), **more)  # type: ignore[arg-type]  # of mixed types


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite"


def rows(file: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(file) as connection:
        found = connection.execute("SELECT id, state, reason FROM announcements ORDER BY seq").fetchall()
    connection.close()
    return found


async def test_an_announcement_comes_back_as_it_was_until_it_ends(file: Path) -> None:
    journal = Journal(file, history_days=1)
    assert await journal.open() == ()
    wanted = announcement(zones=(ZoneId("kitchen"),), priority=Priority.ALARM, ttl_s=5.0, volume=40, chime=False)
    assert await journal.add(wanted)
    journal.note(Note(wanted.id, State.PLAYING, sentences_heard=2))
    await journal.close()

    again = Journal(file, history_days=1)
    (left,) = await again.open()
    assert left.announcement == wanted
    assert left.sentences_heard == 2
    again.note(Note(wanted.id, State.FINISHED))
    await again.close()

    third = Journal(file, history_days=1)
    assert await third.open() == ()
    await third.close()


async def test_an_id_that_is_known_is_not_added_again(file: Path) -> None:
    journal = Journal(file, history_days=1)
    await journal.open()
    assert await journal.add(announcement(1)) is True
    assert await journal.add(announcement(1)) is False
    await journal.close()
    assert len(rows(file)) == 1


async def test_what_arrives_together_is_kept_in_order(file: Path) -> None:
    journal = Journal(file, history_days=1)
    await journal.open()
    assert all(await asyncio.gather(*(journal.add(announcement(number)) for number in range(500))))
    await journal.close()
    assert [row[0] for row in rows(file)] == [f"id-{number}" for number in range(500)]


async def test_what_was_refused_is_kept_with_its_reason(file: Path) -> None:
    journal = Journal(file, history_days=1)
    await journal.open()
    await journal.refuse(AnnouncementId("bad"), "mqtt", "no text", "{}")
    await journal.close()
    assert rows(file) == [("bad", "refused", "no text")]


async def test_what_was_refused_may_be_asked_again_and_what_was_accepted_is_not_refused(file: Path) -> None:
    journal = Journal(file, history_days=1)
    await journal.open()
    one = announcement(1)
    assert await journal.refuse(one.id, "mqtt", "the queue is full", "")
    assert await journal.refuse(one.id, "mqtt", "the queue is still full", "")
    assert await journal.add(one)
    assert not await journal.refuse(one.id, "mqtt", "the queue is full again", "")
    await journal.close()
    assert rows(file) == [("id-1", "accepted", "")]


async def test_a_row_that_cannot_be_read_is_ended_and_stops_nothing(file: Path) -> None:
    journal = Journal(file, history_days=1)
    await journal.open()
    await journal.add(announcement(1))
    await journal.add(announcement(2))
    await journal.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE announcements SET content = '{\"from\": \"the future\"}' WHERE id = 'id-1'")
    connection.close()
    journal = Journal(file, history_days=1)
    assert [left.announcement.id for left in await journal.open()] == ["id-2"]
    await journal.close()
    assert rows(file)[0] == ("id-1", "failed", "Its row in the journal cannot be read")


async def test_a_bug_in_one_row_rises_and_the_next_is_served(file: Path) -> None:
    journal = Journal(file, history_days=1)
    await journal.open()
    journal.note(Note(AnnouncementId("id-0"), State.FAILED, "half a pair \ud83d"))
    with pytest.raises(UnicodeEncodeError):
        await journal.refuse(AnnouncementId("bad"), "mqtt", "half a pair \ud83d", "")
    assert await journal.add(announcement(1))
    assert journal.healthy
    await journal.close()


async def test_notes_that_the_disk_refused_are_written_later_whoever_comes(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voxd.announcing.journal.scribe.RETRY_EVERY_S", 0.05)
    journal = Journal(file, history_days=1)
    await journal.open()
    await journal.add(announcement(1))
    blocker = sqlite3.connect(file, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    journal.note(Note(AnnouncementId("id-1"), State.FINISHED))
    await asyncio.sleep(1.3)
    blocker.execute("ROLLBACK")
    blocker.close()
    await until(lambda: rows(file)[0][1] == "finished")
    await journal.close()


def well(journal: Journal) -> bool:
    return journal.healthy


async def test_a_journal_whose_disk_hangs_is_not_healthy(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voxd.announcing.journal.journal.STUCK_AFTER_S", 0.1)
    journal = Journal(file, history_days=1)
    await journal.open()
    assert well(journal)
    blocker = sqlite3.connect(file, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    adding = asyncio.create_task(journal.add(announcement(1)))
    await asyncio.sleep(0.3)
    assert not well(journal)
    blocker.execute("ROLLBACK")
    blocker.close()
    assert await adding
    assert well(journal)
    await journal.close()
    assert not well(journal)


async def test_old_history_is_forgotten_but_nothing_unfinished(file: Path) -> None:
    journal = Journal(file, history_days=1)
    await journal.open()
    await journal.add(announcement(1))
    await journal.add(announcement(2))
    journal.note(Note(AnnouncementId("id-1"), State.FINISHED))
    await journal.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE announcements SET updated_at = updated_at - 100000, updated_boot = ''")
    connection.close()
    journal = Journal(file, history_days=1)
    assert len(await journal.open()) == 1
    await journal.close()
    assert [row[0] for row in rows(file)] == ["id-2"]


async def test_a_journal_that_cannot_be_written_takes_nothing_over_and_recovers(file: Path) -> None:
    journal = Journal(file, history_days=1)
    await journal.open()
    await journal.add(announcement(1))
    blocker = sqlite3.connect(file, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    journal.note(Note(AnnouncementId("id-1"), State.PLAYING))
    with pytest.raises(StorageError):
        await journal.add(announcement(2))
    blocker.execute("ROLLBACK")
    blocker.close()
    assert await journal.add(announcement(3))
    await journal.close()
    assert rows(file) == [("id-1", "playing", ""), ("id-3", "accepted", "")]


async def test_the_journal_is_nobody_elses_to_read(file: Path) -> None:
    journal = Journal(file, history_days=1)
    await journal.open()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    await journal.close()


def test_what_was_committed_survives_a_kill_at_any_moment(file: Path) -> None:
    writer = textwrap.dedent(
        """
        import asyncio, sys, time
        from pathlib import Path
        from voxd.announcing.journal.journal import Journal
        from voxd.model.announcement import Announcement
        async def main():
            journal = Journal(Path(sys.argv[1]), 1)
            await journal.open()
            while True:
                wanted = Announcement("x", received_at=time.time())
                await journal.add(wanted)
                print(wanted.id, flush=True)
        asyncio.run(main())
        """
    )
    committed: set[str] = set()
    for _ in range(5):
        process = subprocess.Popen([sys.executable, "-c", writer, str(file)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        committed.update(process.stdout.readline().strip() for _ in range(20))
        os.kill(process.pid, 9)
        committed.update(line.strip() for line in process.stdout if line.endswith("\n"))
        process.wait()
        process.stdout.close()
    assert committed <= {row[0] for row in rows(file)}


async def test_whoever_waits_for_a_commit_does_not_wait_for_notes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes have time so that they share commits; a steady stream of them must hold nobody up."""
    monkeypatch.setattr("voxd.announcing.journal.queue.LINGER_S", 3600.0)
    journal = Journal(file, history_days=1)
    await journal.open()
    for number in range(5):
        journal.note(Note(AnnouncementId("nobody"), State.PLAYING))
        assert await asyncio.wait_for(journal.add(announcement(number)), 10)
    journal.note(Note(AnnouncementId("id-1"), State.FINISHED))
    await asyncio.wait_for(journal.close(), 10)
    assert ("id-1", "finished", "") in rows(file)
