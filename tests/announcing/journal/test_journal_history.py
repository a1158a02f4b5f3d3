"""What the journal tells of the past, and what it takes over from an earlier version."""

import json
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest

from voxd.announcing.journal.journal import Journal
from voxd.announcing.journal.rows import Note, Past
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.identifiers import AnnouncementId, ZoneId

KITCHEN, ATTIC = ZoneId("kitchen"), ZoneId("attic")


def announcement(id_: str, **more: object) -> Announcement:
    return Announcement(f"Text of {id_}", id=AnnouncementId(id_), received_at=time.time(), **more)  # type: ignore[arg-type]  # of mixed types


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
async def journal(file: Path) -> AsyncIterator[Journal]:
    opened = Journal(file, history_days=1)
    await opened.open()
    yield opened
    await opened.close()


def ids(found: tuple[Past, ...]) -> list[str]:
    return [past.announcement.id for past in found]


async def test_history_gives_the_newest_first_with_what_became_of_it(journal: Journal) -> None:
    first, second = announcement("first", zones=(KITCHEN,), priority=Priority.HIGH), announcement("second")
    await journal.add(first)
    await journal.add(second)
    await journal.commit(Note(first.id, State.FINISHED, "Why not", outcome={"engine": "espeak", "total": 12.5}))
    assert ids(await journal.history(10)) == ["second", "first"]
    assert ids(await journal.history(1)) == ["second"]
    (finished,) = await journal.history(10, State.FINISHED)
    assert (finished.announcement, finished.state, finished.reason) == (first, State.FINISHED, "Why not")
    assert finished.outcome == {"engine": "espeak", "total": 12.5}
    assert finished.at == pytest.approx(time.time(), abs=5)
    assert await journal.history(10, State.EXPIRED) == ()


async def test_what_was_refused_is_part_of_history_with_as_much_as_was_kept(journal: Journal) -> None:
    await journal.refuse(AnnouncementId("bad"), "mqtt/robot", "no text", '{"txt": 1}')
    (refused,) = await journal.history(10, State.REFUSED)
    assert (refused.announcement.text, refused.announcement.source, refused.reason) == (
        '{"txt": 1}',
        "mqtt/robot",
        "no text",
    )


async def test_an_announcement_is_found_by_its_id_whatever_its_state(journal: Journal) -> None:
    await journal.add(announcement("here"))
    found = await journal.find(AnnouncementId("here"))
    assert found is not None
    assert found.state is State.ACCEPTED
    assert await journal.find(AnnouncementId("nowhere")) is None


async def test_what_was_heard_last_is_told_for_each_zone(journal: Journal) -> None:
    for id_, zones in (("a", (KITCHEN,)), ("b", (ATTIC,)), ("c", (KITCHEN, ATTIC)), ("d", (KITCHEN,)), ("e", (ATTIC,))):
        await journal.add(announcement(id_), zones)
    for id_ in "cba":  # that is, not in the order in which they came
        await journal.commit(Note(AnnouncementId(id_), State.FINISHED))
    await journal.commit(Note(AnnouncementId("d"), State.CANCELLED))
    await journal.commit(Note(AnnouncementId("e"), State.PLAYING, heard=0.5))
    assert ids_of(await journal.last_heard()) == "a"
    assert ids_of(await journal.last_heard([KITCHEN])) == "a"
    assert ids_of(await journal.last_heard([ATTIC])) == "b"
    assert await journal.last_heard([ZoneId("cellar")]) is None
    await journal.commit(Note(AnnouncementId("e"), State.INTERRUPTED, heard=0.5))
    assert ids_of(await journal.last_heard([ATTIC])) == "e"


def ids_of(past: Past | None) -> str | None:
    return past.announcement.id if past else None


async def test_notes_are_never_reordered_and_a_commit_waits_for_all_before_it(journal: Journal, file: Path) -> None:
    wanted = announcement("one")
    await journal.add(wanted)
    for heard in range(100):
        journal.note(Note(wanted.id, State.PLAYING, f"step {heard}", heard=heard / 100))
    await journal.commit(Note(wanted.id, State.FINISHED, "heard"))
    journal.note(Note(wanted.id, State.PLAYING, "too late"))
    copy = file.with_name("copy.sqlite")
    with sqlite3.connect(file) as now, sqlite3.connect(copy) as kept:
        now.backup(kept)
        assert kept.execute("SELECT state, reason, heard FROM announcements").fetchall() == [
            ("finished", "heard", 0.99)
        ]
    now.close()
    kept.close()
    await journal.commit(Note(wanted.id, State.CANCELLED, "later still"))
    found = await journal.find(wanted.id)
    assert found is not None
    assert (found.state, found.reason) == (State.FINISHED, "heard")


async def test_what_is_left_unfinished_tells_how_far_it_came_and_how_old_it_is(journal: Journal, file: Path) -> None:
    alarm = announcement("alarm", priority=Priority.ALARM)
    await journal.add(alarm)
    journal.note(Note(alarm.id, State.QUEUED))
    journal.note(Note(alarm.id, State.SYNTHESIZING))
    journal.note(Note(alarm.id, State.PLAYING, sentences_heard=3, heard=0.9))
    journal.note(Note(alarm.id, State.QUEUED, "Repeated in 30 s", repeats=1))
    journal.note(Note(alarm.id, State.SYNTHESIZING, repeats=1))
    journal.note(Note(alarm.id, State.PLAYING, repeats=1, starts=True))
    journal.note(Note(alarm.id, State.PLAYING, sentences_heard=1, heard=0.25, repeats=1))
    await journal.close()
    again = Journal(file, history_days=1)
    (left,) = await again.open()
    await again.close()
    assert left.announcement == alarm
    assert (left.state, left.sentences_heard, left.heard, left.repeats) == (State.PLAYING, 1, 0.25, 1)
    assert (left.starts, left.tries) == (1, 1), "since it waited last"
    assert 0 <= left.age_s < 5


@pytest.mark.parametrize(("updated", "age_s"), [("received_at - 3600", 3600), ("received_at + 3600", 0)])
async def test_the_age_after_another_boot_is_by_the_wall_clock_and_never_negative(
    journal: Journal, file: Path, updated: str, age_s: float
) -> None:
    await journal.add(announcement("one"))
    await journal.close()
    with sqlite3.connect(file) as connection:
        connection.execute(f"UPDATE announcements SET received_at = {updated}, boot = 'another'")
    connection.close()
    again = Journal(file, history_days=1)
    (left,) = await again.open()
    await again.close()
    assert left.age_s == pytest.approx(age_s, abs=5)


async def test_the_age_within_one_boot_does_not_follow_the_wall_clock(journal: Journal, file: Path) -> None:
    await journal.add(announcement("one"))
    await journal.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE announcements SET received_at = received_at - 3600, boottime_s = boottime_s - 7")
    connection.close()
    again = Journal(file, history_days=1)
    (left,) = await again.open()
    await again.close()
    assert left.age_s == pytest.approx(7, abs=5)


FIRST_RELEASE_SQL = """
PRAGMA journal_mode = WAL;
CREATE TABLE announcements (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL, received_at REAL NOT NULL,
    updated_at REAL NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    priority INTEGER NOT NULL DEFAULT 1, sentences_heard INTEGER NOT NULL DEFAULT 0,
    starts INTEGER NOT NULL DEFAULT 0, content TEXT NOT NULL
);
CREATE INDEX announcements_by_state ON announcements (state, seq);
"""


async def test_the_journal_of_the_version_before_is_taken_over(file: Path) -> None:
    old, heard = announcement("old"), announcement("heard", zones=(KITCHEN,))
    with sqlite3.connect(file) as connection:
        connection.executescript(FIRST_RELEASE_SQL)
        for one, state in ((old, "playing"), (heard, "finished")):
            content = asdict(one)
            del content["replaces"], content["repeat_s"], content["repeat_max"]
            values = (one.id, time.time() - 100, time.time() - 50, state, json.dumps(content))
            connection.execute(
                "INSERT INTO announcements"
                " (id, source, received_at, updated_at, state, content, sentences_heard, starts)"
                " VALUES (?, 'mqtt', ?, ?, ?, ?, 2, 1)",
                values,
            )
    connection.close()
    for _ in range(2):
        journal = Journal(file, history_days=1)
        (left,) = await journal.open()
        assert (left.announcement, left.sentences_heard, left.starts) == (old, 2, 1)
        assert left.age_s == pytest.approx(100, abs=5)
        assert ids(await journal.history(10)) == ["heard", "old"]
        assert ids_of(await journal.last_heard([KITCHEN])) == "heard"
        await journal.close()
