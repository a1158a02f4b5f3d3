"""A backup holds what must not be lost, and a restore puts exactly that back, or touches nothing."""

import asyncio
import gzip
import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from lived_in_houses import VOICE, announce, files_of, history, house, lived_in

from voxd.announcing.journal.journal import Journal
from voxd.announcing.journal.rows import Note
from voxd.backup.making import make
from voxd.backup.restoring import look, restore
from voxd.errors import BadRequestError, StorageError, VoxdError
from voxd.lib.lone import alone
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import AnnouncementId
from voxd.paths import Paths

NOT_OURS = ("models/large.safetensors", "recordings/home.wav", "voices/.hidden")


def backup_of(paths: Paths) -> bytes:
    out = io.BytesIO()
    make(paths, "cellar", out)
    return out.getvalue()


def names_in(backup: bytes) -> set[str]:
    with tarfile.open(fileobj=io.BytesIO(backup)) as tar:
        return {member.name for member in tar}


def repacked(backup: bytes, change: Callable[[tarfile.TarInfo, bytes], tuple[tarfile.TarInfo, bytes] | None]) -> bytes:
    """The same archive with its members changed; None leaves one out."""
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(backup)) as old, tarfile.open(fileobj=out, mode="w:gz") as new:
        for member in old:
            content = old.extractfile(member)
            assert content is not None
            if (changed := change(member, content.read())) is not None:
                changed[0].size = len(changed[1])
                new.addfile(changed[0], io.BytesIO(changed[1]))
    return out.getvalue()


def claiming(backup: bytes, **claims: object) -> bytes:
    """The same archive with another manifest."""

    def change(member: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
        if member.name == "voxd-backup.json":
            content = json.dumps(json.loads(content) | claims).encode()
        return member, content

    return repacked(backup, change)


def renamed(backup: bytes, old: str, new: str) -> bytes:
    """The same archive with a file by another name, and a manifest that says so."""

    def change(member: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
        if member.name == "voxd-backup.json":
            content = content.replace(json.dumps(old).encode(), json.dumps(new).encode())
        if member.name == old:
            member.name = new
        return member, content

    return repacked(backup, change)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return lived_in(tmp_path / "lived in")


@pytest.fixture
def other(tmp_path: Path) -> Paths:
    """Another house, with a voice and a history of its own."""
    other = house(tmp_path / "other")
    asyncio.run(announce(other, "other", State.FINISHED))
    (other.state / "chimes").mkdir()
    (other.state / "chimes" / "other.wav").write_bytes(b"of the other")
    (other.state / "standing-orders.json").write_text("{}")
    return other


def test_what_must_not_be_lost_comes_back_and_nothing_else(paths: Paths, other: Paths) -> None:
    restore(other, io.BytesIO(backup_of(paths)))
    wanted = {name: content for name, content in files_of(paths).items() if name not in NOT_OURS}
    assert files_of(other) == wanted
    assert history(other) == {"heard": "finished", "waits": "failed"}


def test_nothing_that_was_under_way_is_said_again_after_a_restore(paths: Paths, other: Paths) -> None:
    restore(other, io.BytesIO(backup_of(paths)))
    journal = Journal(other.journal, history_days=30)
    assert asyncio.run(journal.open()) == ()
    assert history(paths)["waits"] == "accepted"


async def test_a_backup_of_a_journal_in_use_holds_what_was_just_noted(tmp_path: Path) -> None:
    paths = house(tmp_path / "in use")
    with alone(paths.lock):
        journal = Journal(paths.journal, history_days=30)
        await journal.open()
        for number in range(50):
            id_ = AnnouncementId(str(number))
            assert await journal.add(Announcement("Text", id=id_, received_at=1.0))
            journal.note(Note(id_, State.FINISHED))
        backup = await asyncio.to_thread(backup_of, paths)
        await journal.close()
    other = house(tmp_path / "other")
    restore(other, io.BytesIO(backup))
    found = await asyncio.to_thread(history, other)
    assert found == {str(number): "finished" for number in range(50)}


def test_a_backup_is_a_single_file_of_what_has_a_name_in_it(paths: Paths) -> None:
    assert names_in(backup_of(paths)) == {
        "voxd-backup.json",
        *(f"state/{name}" for name in ("journal.sqlite", "preferences.json", "id")),
        *(f"state/{VOICE}/{name}" for name in ("clip.wav", "voice.json")),
        "voices/dad.wav",
        "chimes/gong.wav",
    }


def test_a_backup_leaves_a_damaged_journal_to_the_daemon_and_takes_what_can_be_read(paths: Paths, other: Paths) -> None:
    damaged = bytearray(paths.journal.read_bytes())
    damaged[4096:4200] = b"\xff" * 104
    paths.journal.write_bytes(damaged)
    backup = backup_of(paths)
    assert paths.journal.read_bytes() == damaged
    restore(other, io.BytesIO(backup))
    assert history(other).keys() <= history(paths).keys() | {"heard", "waits"}


def test_what_forgotten_announcements_said_is_in_no_backup(paths: Paths) -> None:
    asyncio.run(announce(paths, "a secret of mine", State.FINISHED))
    with sqlite3.connect(paths.journal) as journal:
        journal.execute("DELETE FROM announcements WHERE id = 'a secret of mine'")
    journal.close()
    with tarfile.open(fileobj=io.BytesIO(backup_of(paths))) as tar:
        kept = tar.extractfile("state/journal.sqlite")
        assert kept is not None
        assert b"a secret of mine" not in kept.read()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda _: b"no archive at all", "none of voxd's"),
        (lambda _: gzip.compress(b"no tar"), "none of voxd's"),
        (lambda backup: backup[: len(backup) // 2], "damaged"),
        (lambda backup: repacked(backup, lambda m, c: None if m.name == "state/id" else (m, c)), "are missing"),
        (lambda backup: repacked(backup, lambda m, c: (m, c[::-1]) if m.name == "state/id" else (m, c)), "not what it"),
        (lambda backup: repacked(backup, lambda m, c: None if "voxd-backup" in m.name else (m, c)), "no backup"),
        (lambda backup: claiming(backup, format=2), "newer voxd"),
        (lambda backup: claiming(backup, files="all"), "damaged"),
        (lambda backup: renamed(backup, "state/id", "../outside"), "nothing of voxd's"),
        (lambda backup: renamed(backup, "state/id", "/etc/outside"), "nothing of voxd's"),
        (lambda backup: renamed(backup, "state/id", "state/../outside"), "nothing of voxd's"),
        (lambda backup: renamed(backup, "voices/dad.wav", "voices/../../outside"), "nothing of voxd's"),
        (lambda backup: renamed(backup, "voices/dad.wav", "voices/.restoring"), "nothing of voxd's"),
        (lambda backup: renamed(backup, "state/id", "state/lock"), "nothing of voxd's"),
        (lambda backup: renamed(backup, f"state/{VOICE}/clip.wav", "state/enrolled/../../x"), "nothing of voxd's"),
    ],
)
def test_what_is_foreign_newer_damaged_or_leads_outside_is_refused_and_changes_nothing(
    paths: Paths, other: Paths, spoil: Callable[[bytes], bytes], said: str
) -> None:
    before = files_of(other)
    spoiled = spoil(backup_of(paths))
    with pytest.raises(BadRequestError, match=said):
        look(io.BytesIO(spoiled))
    with pytest.raises(BadRequestError, match=said):
        restore(other, io.BytesIO(spoiled))
    assert files_of(other) == before
    assert history(other) == {"other": "finished"}
    assert not list(other.state.parent.rglob("outside"))


def test_a_link_in_an_archive_is_refused(paths: Paths, other: Paths) -> None:
    def link(member: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
        if member.name == "voices/dad.wav":
            member.type, member.linkname, content = tarfile.SYMTYPE, "/etc/passwd", b""
        return member, content

    with pytest.raises(BadRequestError, match="not what it should be"):
        restore(other, io.BytesIO(repacked(backup_of(paths), link)))


def test_a_journal_of_a_newer_voxd_is_refused(paths: Paths, other: Paths) -> None:
    with sqlite3.connect(paths.journal) as journal:
        journal.execute("PRAGMA user_version = 99")
    journal.close()
    with pytest.raises(VoxdError, match="newer voxd"):
        restore(other, io.BytesIO(backup_of(paths)))
    assert history(other) == {"other": "finished"}


def test_where_there_is_nothing_to_back_up_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nothing to back up"):
        backup_of(house(tmp_path / "empty"))
    assert not (tmp_path / "empty").exists()
