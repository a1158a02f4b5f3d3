"""`voxd tidy` frees what nobody needs any more, tells what that was, and leaves everything else alone."""

import asyncio
import os
import time
from pathlib import Path

import numpy as np
import pytest
from open_folders import open_to_others

from voxd import cli
from voxd.announcing.journal.journal import Journal
from voxd.announcing.journal.rows import Note
from voxd.daemon import only_one
from voxd.model.announcement import Announcement, State
from voxd.model.audio import AudioFormat, Clip
from voxd.neural.embedding_file import StoredEmbedding
from voxd.neural.embedding_folder import EmbeddingFolder
from voxd.synthesis.phrase_cache import PhraseCache

CONFIG = """
mqtt: {enabled: false}
paths: {state: STATE, cache: CACHE}
cache: {max_mb: 1}
engines: {espeak: {type: espeak}, sine: {type: python, model: "models_for_tests:SineModel"}}
zones: {home: {outputs: file}}
"""
LONG_AGO_S = 40 * 86_400
NOBODY = 65534
CLIP = Clip(AudioFormat(22_050), bytes(100_000))


class House:
    """The files of a voxd that was used for a while."""

    def __init__(self, folder: Path) -> None:
        self.state, self.cache = folder / "state", folder / "cache"
        self.config = folder / "voxd.yaml"
        self.config.write_text(CONFIG.replace("STATE", str(self.state)).replace("CACHE", str(self.cache)))

    def put(self, path: Path, *, age_s: float = LONG_AGO_S) -> Path:
        """A file that was touched last so long ago, as was its folder."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(500_000))
        for each in (path, path.parent):
            os.utime(each, (time.time() - age_s,) * 2)
        return path

    def tidied(self, capsys: pytest.CaptureFixture[str]) -> str:
        """What it tells."""
        assert cli.run(["tidy", "-c", str(self.config)]) == 0
        return capsys.readouterr().out


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_where_there_is_nothing_nothing_is_freed_and_nothing_made(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    assert house.tidied(capsys) == "0.0 MB freed\n"
    assert not house.state.exists()
    assert not house.cache.exists()


def test_the_phrase_cache_is_brought_to_its_bound(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    phrases = house.cache / "phrases"
    roomy = PhraseCache(phrases, 100_000_000)
    for number in range(20):
        roomy.put(f"{number:064x}", CLIP)
    (phrases / "tmp" / "left-by-a-kill").write_bytes(b"half a clip")
    told = house.tidied(capsys)
    assert roomy.stats().bytes <= 1_000_000
    assert f"Phrase cache: {20 - roomy.stats().clips} removed" in told
    assert not list((phrases / "tmp").iterdir())


def test_what_was_made_for_what_is_gone_goes_too(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    gone = [
        house.put(house.state / "recordings" / "attic-20260101-101010-000000.wav"),
        house.put(house.cache / "engines" / "former" / "kernel.so"),
        house.put(house.state / "models" / ".tiny--Half.unfinished" / "model.safetensors"),
    ]
    kept = [
        house.put(house.state / "recordings" / "home-20260101-101010-000000.wav"),
        house.put(house.state / "recordings" / "attic-20260101-101011-000000.wav", age_s=0),
        house.put(house.state / "recordings" / "mine.wav"),
        house.put(house.cache / "engines" / "sine" / "kernel.so"),
        house.put(house.cache / "engines" / "cuda" / "index"),
        house.put(house.state / "models" / "tiny--Whole" / "model.safetensors"),
        house.put(house.state / "models" / ".tiny--Begun.unfinished" / "model.safetensors", age_s=3600),
    ]
    told = house.tidied(capsys)
    assert [path for path in gone if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []
    assert "Recordings of outputs that are gone: 1 removed, 0.5 MB" in told
    assert told.endswith("1.5 MB freed\n")


def test_embeddings_of_voices_that_are_gone_go_when_nobody_has_used_them_for_long(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = EmbeddingFolder(house.cache / "embeddings")
    for number, age_s in enumerate((LONG_AGO_S, 0)):
        stored = StoredEmbedding({"a": np.zeros(1000, np.float32)}, "mum", 1.0)
        assert folder.write(f"{number:064x}", stored)
        os.utime(house.cache / "embeddings" / f"{number:064x}.safetensors", (time.time() - age_s,) * 2)
    assert "Embeddings of voices that are gone: 1 removed" in house.tidied(capsys)
    assert folder.keys_of("mum") == (f"{1:064x}",)


def test_history_is_forgotten_where_no_daemon_runs_that_would(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    file = house.state / "journal.sqlite"

    async def heard() -> None:
        journal = Journal(file, 30)
        await journal.open()
        announcement = Announcement("Something private", received_at=time.time())
        await journal.add(announcement)
        await journal.commit(Note(announcement.id, State.FINISHED))
        await journal.close()

    asyncio.run(heard())
    assert "History" not in house.tidied(capsys)
    house.config.write_text(house.config.read_text() + "announcements: {history_days: 0.000001}\n")
    time.sleep(0.2)
    with only_one(house.state / "lock"):
        assert "History" not in house.tidied(capsys), "the daemon that runs does so itself"
    assert "History: 1 removed" in house.tidied(capsys)
    assert b"Something private" not in file.read_bytes()


def test_what_root_tidies_stays_the_daemons(house: House, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a folder to somebody")
    open_to_others(tmp_path)
    PhraseCache(house.cache / "phrases", 100_000_000).put(f"{1:064x}", CLIP)
    house.put(house.state / "journal.sqlite").write_bytes(b"")
    for path in (house.state, house.cache, *house.state.rglob("*"), *house.cache.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    house.tidied(capsys)
    assert (house.state / "lock").exists()
    assert {path.stat().st_uid for folder in (house.state, house.cache) for path in folder.rglob("*")} == {NOBODY}
