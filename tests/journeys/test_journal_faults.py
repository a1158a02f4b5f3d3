"""The whole daemon with a journal that is full, read-only, damaged, or whose clock is set: nothing lost or doubled."""

import itertools
import json
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from announcements import BASE, Events, wait_until_online
from brokers import Broker, Peer
from disks import MEGABYTE, empty, ext4_disk, fill, immutable, remount, small_disk
from kill_loops import SETTINGS, ZONES, DoomedDaemon
from play_log import END, START
from publishers import Publisher, Wish
from words import words

pytestmark = pytest.mark.journey

BACK_WITHIN_S = 5.0
PAGE = 4096
FULL = "the disk is full"


@pytest.fixture
def publisher(broker: Broker) -> Iterator[Publisher]:
    with Publisher(broker.port, "publisher") as connected:
        yield connected


@pytest.fixture
def daemon(tmp_path: Path, broker: Broker) -> Iterator[DoomedDaemon]:
    """To be started by the test; its state is in a folder that may be a disk."""
    made = DoomedDaemon(tmp_path / "voxd", broker.port)
    made.state.mkdir()
    with made:
        yield made


@contextmanager
def watching(broker: Broker) -> Iterator[Peer]:
    """Whether the daemon is there, as everybody sees it, from now on."""
    with Peer(broker.port) as peer:
        peer.subscribe(f"{BASE}/availability")
        assert peer.next().payload == b"online"
        yield peer
        assert peer.arrivals.empty(), "availability flaps"


class Speaker:
    """Announces words that nobody has said before."""

    def __init__(self, publisher: Publisher, seed: int) -> None:
        self._publisher = publisher
        self._words = words(seed)
        self.said: list[str] = []

    def say(self, count: int, zone: str | None = None, **more: object) -> list[str]:
        """Announce so many, in one zone or in turn in all; gives the words."""
        said = list(itertools.islice(self._words, count))
        for number, word in enumerate(said):
            wish = Wish(word, zone=zone or ZONES[number % len(ZONES)])
            payload = json.dumps(json.loads(wish.payload) | more)
            self._publisher.publish(wish.topic, word, payload)
        self.said += said
        return said


def until(condition: Callable[[], object], timeout_s: float = 20.0, why: Callable[[], object] = lambda: "") -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, why()
        time.sleep(0.02)


def heard(daemon: DoomedDaemon) -> list[str]:
    """The words that were heard to their end, in order."""
    return [line.word for line in daemon.log_of_plays if line.kind == END]


def begun(daemon: DoomedDaemon) -> list[str]:
    return [line.word for line in daemon.log_of_plays if line.kind == START]


def everything_is_heard_once(daemon: DoomedDaemon, speaker: Speaker, again: frozenset[str] = frozenset()) -> None:
    """In the end; `again` may have been begun twice, since a kill may have cut them off."""
    until(lambda: set(speaker.said) <= set(heard(daemon)), 30, lambda: f"{missing(daemon, speaker)}\n{daemon.log}")
    time.sleep(0.5)
    assert sorted(heard(daemon)) == sorted(speaker.said), "nothing is heard twice"
    assert sorted(set(begun(daemon)) - again) == sorted(word for word in begun(daemon) if word not in again)


def missing(daemon: DoomedDaemon, speaker: Speaker) -> list[str]:
    return [word for word in speaker.said if word not in heard(daemon)]


def fill_until_refused(daemon: DoomedDaemon, speaker: Speaker, events: Events) -> None:
    """Fill its disk, and announce until it takes no more."""
    fill(daemon.state)
    until_ = time.monotonic() + 20
    while FULL not in daemon.log:
        assert time.monotonic() < until_, "the disk takes it all"
        speaker.say(20)
        time.sleep(0.1)
    assert FULL in events.until("warning")["reason"]


def test_a_full_disk_accepts_nothing_new_loses_nothing_and_recovers_by_itself(
    daemon: DoomedDaemon, broker: Broker, events: Events, publisher: Publisher
) -> None:
    speaker = Speaker(publisher, 21)
    with small_disk(daemon.state, 2 * MEGABYTE) as disk:
        daemon.start()
        wait_until_online(broker.port)
        waiting = speaker.say(30, zone="kitchen")
        until(lambda: set(waiting) <= daemon.rows().keys())
        with watching(broker):
            fill_until_refused(daemon, speaker, events)
            until(lambda: set(waiting) <= set(heard(daemon)), why=lambda: daemon.log)
            time.sleep(2)
            in_the_journal = daemon.rows()
            left_out = [word for word in speaker.said if word not in in_the_journal]
            assert left_out, "not all was accepted"
            assert not set(left_out) & set(begun(daemon)), "nothing is spoken that is not committed"
            until(lambda: set(heard(daemon)) >= set(in_the_journal), why=lambda: daemon.log)
            until(lambda: set(daemon.rows().values()) == {"finished"}, why=lambda: daemon.log)
            empty(disk)
            until(lambda: set(left_out) & set(heard(daemon)), BACK_WITHIN_S, lambda: daemon.log)
            everything_is_heard_once(daemon, speaker)
        assert "can be written again" in events.until("warning")["reason"]
        assert daemon.log.count(FULL) == 1, "told once"
        assert daemon.log.count("can be written again") == 1
        assert (disk / "journal.reserve").stat().st_size > 0
        daemon.stop()


def test_a_kill_on_a_full_disk_neither_loses_nor_doubles(
    daemon: DoomedDaemon, broker: Broker, events: Events, publisher: Publisher
) -> None:
    """What was not committed the broker has; what was heard is noted in the room of the reserve."""
    speaker = Speaker(publisher, 22)
    with small_disk(daemon.state, 32 * MEGABYTE) as disk:
        daemon.start()
        wait_until_online(broker.port)
        speaker.say(20, zone="kitchen")
        until(lambda: set(speaker.said) <= daemon.rows().keys())
        fill_until_refused(daemon, speaker, events)
        until(lambda: set(daemon.rows().values()) == {"finished"}, why=lambda: daemon.log)
        daemon.kill()
        before = set(heard(daemon))
        daemon.start()
        assert set(daemon.rows()) == before, "it starts in the room of the reserve, and takes nothing over"
        empty(disk)
        everything_is_heard_once(daemon, speaker)
        daemon.stop()


@pytest.mark.parametrize("what", ["disk", "journal"])
def test_a_journal_that_cannot_be_written_at_the_start_is_told_in_one_line(
    tmp_path: Path, broker: Broker, daemon: DoomedDaemon, what: str
) -> None:
    with ext4_disk(daemon.state):
        daemon.start()
        daemon.stop()
        if what == "disk":
            remount(daemon.state, "ro")
            done = daemon.run_verb("run")
            remount(daemon.state, "rw")
        else:
            with immutable(daemon.state / "journal.sqlite"):
                done = daemon.run_verb("run")
        assert done.returncode not in (0, -9)
        (line,) = done.stderr.strip().splitlines()[-1:]
        assert "Traceback" not in done.stderr
        assert str(daemon.state) in line
        assert ("Read-only file system" if what == "disk" else "cannot be opened: ") in line
        daemon.start()
        daemon.stop()


def test_a_journal_that_becomes_read_only_is_as_a_full_disk(
    daemon: DoomedDaemon, broker: Broker, events: Events, publisher: Publisher
) -> None:
    speaker = Speaker(publisher, 23)
    with ext4_disk(daemon.state, 64 * MEGABYTE):
        daemon.start()
        wait_until_online(broker.port)
        waiting = speaker.say(20, zone="kitchen")
        until(lambda: set(waiting) <= daemon.rows().keys())
        with watching(broker):
            with immutable(daemon.state / "journal.sqlite", daemon.state / "journal.sqlite-wal"):
                kept = speaker.say(20)
                assert "cannot be written" in events.until("warning")["reason"]
                until(lambda: set(waiting) <= set(heard(daemon)), why=lambda: daemon.log)
                assert not set(kept) & set(begun(daemon))
            until(lambda: set(kept) & set(heard(daemon)), BACK_WITHIN_S, lambda: daemon.log)
            everything_is_heard_once(daemon, speaker)
        assert daemon.log.count("cannot be written") == 1
        daemon.stop()


def garbage(file: Path) -> None:
    """In the middle, over several pages."""
    dice = random.Random(1)
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // 2)
        opened.write(dice.randbytes(PAGE + 100))


def cut_off(file: Path) -> None:
    os.truncate(file, file.stat().st_size * 2 // 3)


def first_page(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.write(b"\0" * PAGE)


def nonsense(file: Path) -> None:
    file.write_bytes(b"This is no journal.\n" * 1000)


def nothing(file: Path) -> None:
    os.truncate(file, 0)


@pytest.mark.parametrize("damage", [garbage, cut_off, first_page, nonsense, nothing])
def test_with_a_damaged_journal_it_starts_and_what_can_be_read_is_kept(
    daemon: DoomedDaemon, broker: Broker, events: Events, publisher: Publisher, damage: Callable[[Path], None]
) -> None:
    """What waits is spoken, what was heard is not heard again, and the owner is told."""
    speaker, waiting = heard_and_waiting(daemon, broker, publisher)
    daemon.stop()
    damage(daemon.state / "journal.sqlite")
    daemon.start()
    reason = events.until("warning")["reason"]
    assert "was damaged" in reason
    assert ("journal.damaged-" in reason) == (damage is not nothing)
    spoken = spoken_in_the_end(daemon, speaker)
    if damage in (garbage, first_page):
        assert len(set(waiting) & spoken) >= 60


def test_with_a_damaged_log_of_the_journal_after_a_crash_it_starts_and_what_can_be_read_is_kept(
    daemon: DoomedDaemon, broker: Broker, events: Events, publisher: Publisher
) -> None:
    speaker, waiting = heard_and_waiting(daemon, broker, publisher)
    daemon.kill()
    first_page(daemon.state / "journal.sqlite-wal")
    daemon.start()
    assert "was damaged" in events.until("warning")["reason"]
    assert len(set(waiting) & spoken_in_the_end(daemon, speaker)) >= 40


def heard_and_waiting(daemon: DoomedDaemon, broker: Broker, publisher: Publisher) -> tuple[Speaker, list[str]]:
    """Eighty words were heard, and eighty wait."""
    speaker = Speaker(publisher, 24)
    daemon.start()
    wait_until_online(broker.port)
    first = speaker.say(80)
    until(lambda: set(first) <= set(heard(daemon)))
    daemon.run_verb("pause")
    waiting = speaker.say(80)
    until(lambda: set(waiting) <= daemon.rows().keys())
    return speaker, waiting


def spoken_in_the_end(daemon: DoomedDaemon, speaker: Speaker) -> set[str]:
    """What was heard, none of it twice, when nothing waits any more and new words are spoken as ever."""
    daemon.run_verb("resume")
    later = speaker.say(10)
    until(lambda: set(later) <= set(heard(daemon)), why=lambda: daemon.log)
    until(lambda: not {"accepted", "queued", "playing"} & set(daemon.rows().values()), why=lambda: daemon.log)
    spoken = heard(daemon)
    assert len(set(spoken)) == len(spoken), "nothing is heard twice"
    assert daemon.log.count("was damaged") == 1, "told once"
    daemon.stop()
    return set(spoken)


def test_damage_found_while_it_runs_loses_nothing_that_waits(
    daemon: DoomedDaemon, broker: Broker, events: Events, publisher: Publisher
) -> None:
    speaker = Speaker(publisher, 25)
    daemon.start()
    wait_until_online(broker.port)
    speaker.say(40)
    until(lambda: set(speaker.said) <= set(heard(daemon)))
    daemon.run_verb("pause")
    waiting = speaker.say(40)
    until(lambda: set(waiting) <= daemon.rows().keys())
    with watching(broker):
        for name in ("journal.sqlite", "journal.sqlite-wal"):
            file = daemon.state / name
            with file.open("r+b") as opened:
                opened.write(os.urandom(file.stat().st_size))
        speaker.say(10)
        assert "was damaged" in events.until("warning")["reason"]
    daemon.kill()
    daemon.start()
    daemon.run_verb("resume")
    everything_is_heard_once(daemon, speaker)
    daemon.stop()


CLOCK_READ_EVERY_S = 1


class Clock:
    """The wall clock of a daemon, which can be set while it runs."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set("+0")

    def set(self, how: str) -> None:
        """Ahead by so much: +1h, -1h."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{how}\n")
        new.replace(self._file)

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process go by it."""
        library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": str(CLOCK_READ_EVERY_S),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def told_expired(events: Events, ids: list[str]) -> set[str]:
    """What is told to have expired until all these are."""
    told: set[str] = set()
    while not told >= set(ids):
        told.add(events.until("expired", 30)["id"])
    return told


@pytest.mark.parametrize(("first", "then"), [("+1h", "-1h"), ("-1h", "+1h")])
def test_a_clock_set_by_an_hour_doubles_nothing_expires_nothing_early_or_late_and_forgets_nothing(
    tmp_path: Path, broker: Broker, events: Events, publisher: Publisher, first: str, then: str
) -> None:
    """While it runs and across a restart; history is kept for half an hour."""
    clock = Clock(tmp_path / "clock")
    settings = SETTINGS["announcements"] | {"history_days": 0.5 / 24}
    door = {"port": broker.port, "rate": {"per_s": None}}
    daemon = DoomedDaemon(tmp_path / "voxd", broker.port)
    daemon.configure(broker.port, SETTINGS | {"announcements": settings, "mqtt": door})
    daemon._environment.update(clock.environment)
    speaker = Speaker(publisher, 26)
    with daemon:
        daemon.start()
        wait_until_online(broker.port)
        kept = speaker.say(5)
        until(lambda: set(kept) <= set(heard(daemon)), why=lambda: daemon.log)
        daemon.run_verb("pause")
        lasting = speaker.say(5, ttl_s=60)
        asked_at_s = time.monotonic()
        brief = speaker.say(3, ttl_s=4)
        later = speaker.say(3, ttl_s=12)
        until(lambda: {*lasting, *brief, *later} <= daemon.rows().keys())
        clock.set(first)
        time.sleep(CLOCK_READ_EVERY_S)
        assert told_expired(events, brief) == set(brief)
        assert 3.5 < time.monotonic() - asked_at_s < 7, "neither early nor late"
        daemon.kill()
        clock.set(then)
        daemon.start()
        assert told_expired(events, later) <= {*brief, *later}, "a kill may fall between event and commit"
        assert 11.5 < time.monotonic() - asked_at_s < 17, "neither early nor late, whatever the clock says"
        daemon.run_verb("resume")
        until(lambda: set(lasting) <= set(heard(daemon)), why=lambda: daemon.log)
        clock.set("+0")
        daemon.stop()
        daemon.start()
        after = speaker.say(5)
        until(lambda: set(after) <= set(heard(daemon)), why=lambda: daemon.log)
        assert sorted(heard(daemon)) == sorted({*kept, *lasting, *after}), "nothing is heard twice"
        assert daemon.rows().keys() == set(speaker.said), "history is not forgotten early"
        with closing(sqlite3.connect(daemon.state / "journal.sqlite")) as journal:
            (apart_s,) = journal.execute("SELECT max(updated_at) - min(updated_at) FROM announcements").fetchone()
        assert apart_s > 3600, "the clock was set indeed"
        daemon.stop()
