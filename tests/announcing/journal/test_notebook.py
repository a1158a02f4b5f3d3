"""The notebook: what was noted is known after a kill at any moment, once, whatever became of its file."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from voxd.announcing.journal import notebook
from voxd.announcing.journal.journal import Journal
from voxd.announcing.journal.rows import Note, Unfinished
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import AnnouncementId

ONE = AnnouncementId("one")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite"


@asynccontextmanager
async def opened(file: Path) -> AsyncIterator[Journal]:
    journal = Journal(file, history_days=1)
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


async def left_in(file: Path) -> tuple[Unfinished, ...]:
    journal = Journal(file, history_days=1)
    try:
        return await journal.open()
    finally:
        await journal.close()


def notes_of(file: Path) -> Path:
    return file.with_name("journal.notes")


async def begun(file: Path) -> bytes:
    """A journal that holds an announcement that began once; what stood in its notebook when it was closed."""
    async with opened(file) as journal:
        await journal.add(Announcement("Text", id=ONE, received_at=time.time()))
        journal.note(Note(ONE, State.SYNTHESIZING))
        journal.note(Note(ONE, State.PLAYING, sentences_heard=1, starts=True))
        return notes_of(file).read_bytes()


async def test_what_is_noted_is_known_though_voxd_is_killed_in_the_next_moment(file: Path) -> None:
    script = """
        import asyncio, os, signal, sys, time
        from pathlib import Path
        from voxd.announcing.journal.journal import Journal
        from voxd.announcing.journal.rows import Note
        from voxd.model.announcement import Announcement, State

        async def main():
            journal = Journal(Path(sys.argv[1]), 1)
            await journal.open()
            for name in ("begun", "heard"):
                await journal.add(Announcement("Text", id=name, received_at=time.time()))
            journal.note(Note("begun", State.PLAYING, sentences_heard=2, starts=True))
            journal.note(Note("heard", State.PLAYING, starts=True))
            journal.note(Note("heard", State.FINISHED))
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(main())
    """
    program = [sys.executable, "-c", textwrap.dedent(script), str(file)]
    killed = subprocess.run(program, timeout=30, check=False)  # noqa: ASYNC221 - nothing else is under way; ours
    assert killed.returncode == -signal.SIGKILL
    (left,) = await left_in(file)
    assert (left.announcement.id, left.state, left.sentences_heard, left.starts) == ("begun", State.PLAYING, 2, 1)


async def test_what_the_journal_holds_already_does_not_count_twice(file: Path) -> None:
    noted = await begun(file)
    assert noted.count(b"\n") == 2
    for _ in range(2):
        notes_of(file).write_bytes(noted)
        (left,) = await left_in(file)
        assert (left.starts, left.tries) == (1, 1)


async def test_where_the_journal_was_rescued_nothing_counts_twice(file: Path) -> None:
    noted = await begun(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE notebook SET held = -1")  # as in a journal that was begun anew
    notes_of(file).write_bytes(noted.replace(b'"sentences_heard": 1', b'"sentences_heard": 5'))
    (left,) = await left_in(file)
    assert (left.sentences_heard, left.starts, left.tries) == (5, 1, 1)


async def test_a_line_that_is_damaged_or_cut_off_is_left_out_and_the_others_count(file: Path) -> None:
    noted = await begun(file)
    first, second = noted.split(b"\n")[1:]
    later = second.replace(b'"sentences_heard": 1', b'"sentences_heard": 4').replace(b"[2, ", b"[7, ")
    strange = [b"[5, {}]", b"[6]", b"6", b"\xff\x00", b'["7", {}]', b"[" * 100_000, second[: len(second) // 2]]
    notes_of(file).write_bytes(b"\n".join([b"", first, *strange, later, second[:20]]))
    (left,) = await left_in(file)
    assert (left.sentences_heard, left.starts) == (4, 2)


async def test_numbers_go_on_after_a_restart(file: Path) -> None:
    await begun(file)
    async with opened(file) as journal:
        journal.note(Note(ONE, State.PLAYING, sentences_heard=3))
        noted = notes_of(file).read_bytes()
        shutil.copytree(file.parent, file.parent.with_name("killed"))
    assert noted.startswith(b"\n[3, ")
    (left,) = await left_in(file.parent.with_name("killed") / file.name)
    assert left.sentences_heard == 3


async def test_it_stays_small_while_voxd_runs_and_is_empty_when_it_ends(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebook, "ERASED_FROM_BYTES", 1000)
    sizes = []
    async with opened(file) as journal:
        await journal.add(Announcement("Text", id=ONE, received_at=time.time()))
        for number in range(50):
            await journal.commit(Note(ONE, State.PLAYING, sentences_heard=number))
            sizes.append(notes_of(file).stat().st_size)
    assert max(sizes) < 2000
    assert notes_of(file).stat().st_size == 0
    (left,) = await left_in(file)
    assert left.sentences_heard == 49


async def test_it_is_no_larger_than_its_bound_and_the_journal_holds_what_is_not_in_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebook, "BYTES_MAX", 1000)
    async with opened(file) as journal:
        await journal.add(Announcement("Text", id=ONE, received_at=time.time()))
        for number in range(50):
            journal.note(Note(ONE, State.PLAYING, sentences_heard=number))
        assert 0 < notes_of(file).stat().st_size <= 1000
    (left,) = await left_in(file)
    assert left.sentences_heard == 49


async def test_where_it_cannot_be_written_the_owner_is_told_and_the_journal_does_without(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notes_of(file).mkdir(parents=True)
    async with opened(file) as journal:
        await journal.add(Announcement("Text", id=ONE, received_at=time.time()))
        journal.note(Note(ONE, State.PLAYING, sentences_heard=2))
    (left,) = await left_in(file)
    assert left.sentences_heard == 2
    assert "journal.notes cannot be written" in caplog.text


async def test_nobody_else_may_read_it(file: Path) -> None:
    before = os.umask(0)
    try:
        await begun(file)
    finally:
        os.umask(before)
    assert notes_of(file).stat().st_mode & 0o777 == 0o600
