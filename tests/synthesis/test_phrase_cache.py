"""The phrase cache on a real disk: bounded, checked, shared, and never in the way."""

import contextlib
import fcntl
import hashlib
import logging
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voxd.model.audio import AudioFormat, Clip
from voxd.synthesis import clip_file
from voxd.synthesis.phrase_cache import PhraseCache

FORMAT = AudioFormat(22050)
MANY = 1_000_000_000


def key(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


def clip(name: object, size: int = 1000) -> Clip:
    """Another sound for every name, `size` bytes as a file."""
    pcm = hashlib.shake_128(str(name).encode()).digest(size - clip_file.HEAD_BYTES)
    return Clip(FORMAT, pcm)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "phrases"


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("??/*"))


def total(folder: Path) -> int:
    return sum(path.stat().st_size for path in files(folder))


def test_a_clip_is_found_again_also_by_another_process_later(folder: Path) -> None:
    PhraseCache(folder, MANY).put(key("a"), clip("a"))
    assert PhraseCache(folder, MANY).get(key("a")) == clip("a")
    assert PhraseCache(folder, MANY).get(key("b")) is None


def test_its_files_are_the_owners_alone_and_named_by_the_key(folder: Path) -> None:
    cache = PhraseCache(folder, MANY)
    cache.sweep()
    cache.put(key("a"), clip("a"))
    stored = folder / key("a")[:2] / f"{key('a')}.wav"
    assert files(folder) == [stored]
    assert stored.stat().st_mode & 0o777 == 0o600
    assert {path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir()) if path.is_dir()} == {0o700}
    assert not list((folder / "tmp").iterdir())


@pytest.mark.parametrize("name", ["../../etc/passwd", "a" * 63, "A" * 64, "", "a" * 64 + "\n", "é" * 64])
def test_no_path_ever_comes_from_anything_but_a_key(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        PhraseCache(folder, MANY).get(name)


@pytest.mark.parametrize("damage", ["flip", "cut", "grow", "empty", "foreign"])
def test_a_damaged_clip_is_removed_and_is_a_miss(folder: Path, damage: str) -> None:
    cache = PhraseCache(folder, MANY)
    cache.put(key("a"), clip("a"))
    (path,) = files(folder)
    whole = path.read_bytes()
    flipped = whole[:500] + bytes([whole[500] ^ 4]) + whole[501:]
    damaged = {"flip": flipped, "cut": whole[:-7], "grow": whole + b"!", "empty": b"", "foreign": b"#!/bin/sh"}
    path.write_bytes(damaged[damage])
    assert cache.get(key("a")) is None
    assert not files(folder)
    assert cache.stats().damaged == 1
    cache.put(key("a"), clip("a"))
    assert cache.get(key("a")) == clip("a")


def test_what_lies_in_the_way_of_a_clip_is_never_followed_or_waited_for(folder: Path, tmp_path: Path) -> None:
    cache = PhraseCache(folder, MANY)
    secret = tmp_path / "secret.wav"
    secret.write_bytes(clip_file.to_bytes(key("link"), clip("link")))
    for name, make in {"link": lambda path: path.symlink_to(secret), "pipe": os.mkfifo, "folder": os.mkdir}.items():
        path = folder / key(name)[:2] / f"{key(name)}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path)  # type: ignore[no-untyped-call]  # one table for three ways to make something
        assert cache.get(key(name)) is None
    assert secret.exists()


def test_the_least_recently_used_make_room_down_to_nine_tenths(folder: Path) -> None:
    cache = PhraseCache(folder, 10_000)
    for number in range(10):
        cache.put(key(number), clip(number))
    assert total(folder) == 10_000
    assert cache.get(key(0))
    cache.put(key("new"), clip("new"))
    assert total(folder) == 9_000
    assert [number for number in range(10) if cache.get(key(number)) is None] == [1, 2]
    assert cache.get(key("new"))


def test_a_clip_larger_than_the_cache_is_not_stored_and_displaces_nothing(folder: Path) -> None:
    cache = PhraseCache(folder, 3_000)
    cache.put(key("a"), clip("a"))
    cache.put(key("large"), clip("large", 5_000))
    assert [path.stem for path in files(folder)] == [key("a")]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 8), st.sampled_from([0, 0, 300, 900, 2000]), st.booleans()), max_size=30))
def test_it_is_bounded_and_right_whatever_is_asked_of_it(tmp_path: Path, steps: list[tuple[int, int, bool]]) -> None:
    folder = tmp_path / "any"
    caches = [PhraseCache(folder, 5_000), PhraseCache(folder, 5_000)]
    stored: dict[int, Clip] = {}
    for number, size, second in steps:
        cache = caches[second]
        if size:
            stored[number] = clip(number, size)
            cache.put(key(number), stored[number])
            assert cache.get(key(number)) == stored[number], "what was stored last is never evicted"
        else:
            assert cache.get(key(number)) in (stored.get(number), None)
        assert total(folder) <= 5_000
    shutil.rmtree(folder, ignore_errors=True)


def test_stats_and_clear_tell_and_forget(folder: Path) -> None:
    cache = PhraseCache(folder, MANY)
    assert (cache.stats().clips, cache.clear()) == (0, 0)
    for number in range(3):
        cache.put(key(number), clip(number))
    cache.get(key(0))
    cache.get(key("none"))
    stats = cache.stats()
    assert (stats.clips, stats.bytes, stats.max_bytes, stats.hits, stats.misses) == (3, 3_000, MANY, 1, 1)
    assert cache.clear() == 3
    assert cache.stats().clips == 0
    cache.put(key(0), clip(0))
    assert cache.get(key(0)) == clip(0)


def test_the_owners_other_files_are_left_alone(folder: Path) -> None:
    cache = PhraseCache(folder, 2_000)
    cache.put(key(1), clip(1))
    note = folder / key(1)[:2] / "note.txt"
    note.write_text("mine")
    for number in range(9):
        cache.put(key(number), clip(number))
    cache.clear()
    assert note.read_text() == "mine"


def hammer(folder: Path, seed: int, rounds: int) -> None:
    """Read and write a few keys in a small cache; exits with 1 at the first wrong sound."""
    cache, dice = PhraseCache(folder, 20_000), random.Random(seed)
    cache.sweep()
    for _ in range(rounds):
        name = dice.randrange(40)
        if dice.random() < 0.5:
            cache.put(key(name), clip(name))
        elif cache.get(key(name)) not in (clip(name), None):
            os._exit(1)
        if total_at_least(folder) > 20_000:
            os._exit(2)
    os._exit(0 if cache.stats().working and not cache.stats().damaged else 3)


def total_at_least(folder: Path) -> int:
    """The bytes of all clips, while others come and go: files that vanish meanwhile are not counted."""
    with_lock = os.open(folder / "ledger", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(with_lock, fcntl.LOCK_EX)
        return total(folder)
    finally:
        os.close(with_lock)


def start(*arguments: object) -> multiprocessing.process.BaseProcess:
    process = multiprocessing.get_context("fork").Process(target=hammer, args=arguments, daemon=True)
    process.start()
    return process


def test_two_processes_share_a_folder_safely_and_within_its_bound(folder: Path) -> None:
    both = [start(folder, seed, 400) for seed in (1, 2)]
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    assert not list((folder / "tmp").iterdir())


def test_a_writer_killed_at_any_moment_leaves_no_broken_clip_and_its_rest_is_swept(folder: Path) -> None:
    dice = random.Random(3)
    for seed in range(25):
        process = start(folder, seed, 1_000_000)
        time.sleep(dice.uniform(0.005, 0.03))
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    assert files(folder)
    for path in files(folder):
        assert clip_file.from_bytes(path.stem, path.read_bytes()), "broken under its final name"
    assert total(folder) <= 20_000
    cache = PhraseCache(folder, 20_000)
    cache.sweep()
    assert not list((folder / "tmp").iterdir())
    cache.put(key("new"), clip("new"))
    assert cache.get(key("new"))


def test_the_unfinished_file_of_a_living_writer_is_not_swept(folder: Path) -> None:
    cache = PhraseCache(folder, MANY)
    cache.sweep()
    with (folder / "tmp" / "1-0-0").open("wb") as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        (folder / "tmp" / "2-0-0").write_bytes(b"dead")
        cache.sweep()
        assert [path.name for path in (folder / "tmp").iterdir()] == ["1-0-0"]


@pytest.mark.realtime
def test_a_lock_held_for_ever_costs_a_clip_not_the_daemon(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = PhraseCache(folder, MANY)
    cache.put(key("a"), clip("a"))
    with (folder / "ledger").open("r+b") as ledger:
        fcntl.flock(ledger, fcntl.LOCK_EX)
        begun = time.monotonic()
        cache.put(key("b"), clip("b"))
        assert time.monotonic() - begun < 3
    assert "another process keeps it locked" in caplog.text
    assert cache.get(key("b")) is None
    assert cache.get(key("a")) == clip("a")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB; only root can mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "voxd-test", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_said_once_and_again_when_it_is_over(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    cache = PhraseCache(small_disk / "phrases", MANY)
    cache.put(key("early"), clip("early", 50_000))
    ballast = small_disk / "ballast"
    with contextlib.suppress(OSError):
        ballast.write_bytes(bytes(1_000_000))
    for number in range(3):
        cache.put(key(number), clip(number, 50_000))
        assert cache.get(key(number)) is None
    assert cache.get(key("early")) == clip("early", 50_000), "what is there is still found"
    assert not cache.stats().working
    assert [path.stem for path in files(small_disk / "phrases")] == [key("early")]
    assert not list((small_disk / "phrases" / "tmp").iterdir())
    ballast.unlink()
    for number in range(2):
        cache.put(key(number), clip(number, 50_000))
    assert cache.get(key(1)) == clip(1, 50_000)
    assert cache.stats().working
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "No space left on device" in caplog.text


def test_a_folder_that_cannot_be_made_is_a_cache_that_knows_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = PhraseCache(tmp_path / "file" / "phrases", MANY)
    cache.sweep()
    for number in range(3):
        cache.put(key(number), clip(number))
        assert cache.get(key(number)) is None
        assert not cache.holds(key(number))
    assert (cache.stats().clips, cache.clear()) == (0, 0)
    assert len(caplog.records) == 1


def test_a_folder_removed_while_it_is_used_is_made_again(folder: Path) -> None:
    cache = PhraseCache(folder, MANY)
    cache.put(key("a"), clip("a"))
    shutil.rmtree(folder)
    assert cache.get(key("a")) is None
    cache.put(key("a"), clip("a"))
    assert cache.get(key("a")) == clip("a")
