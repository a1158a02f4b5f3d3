"""Loops that kill the daemon, the broker and the network, and compare what was promised with what was heard."""

import json
import random
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Self

from announcements import wait_until_online
from brokers import Broker, BrokerOptions
from daemons import DaemonProcess
from play_log import PlayLog
from promises import Verdict, verdict
from publishers import NODE_TOPIC, Publisher, Wish, publishing
from words import words

PROGRAM = (sys.executable, str(Path(__file__).with_name("daemon_with_play_log.py")))
ZONES = ("kitchen", "hall", "attic")
ALARM_ZONE = "tower"
QUIET_TIMEOUT_S = 120.0
STILL_AFTER_S = 15.0
SETTINGS: dict[str, Any] = {
    "wyoming": {"enabled": False},
    "sound": {"loudness_lufs": None},
    "zones": {zone: {"outputs": "file"} for zone in (*ZONES, ALARM_ZONE)},
    "announcements": {
        "chimes": {"alarm": None},
        "coalesce_s": 0,
        "queue_max": 20_000,
        "alarms": {"repeat_max": 0},
    },
}
"""Whatever is said is heard once and as it is."""
UNFINISHED = ("accepted", "queued", "synthesizing", "playing")


class DoomedDaemon(DaemonProcess):
    """A daemon that notes what is heard, and that is killed again and again."""

    def __init__(self, folder: Path, mqtt_port: int, **mqtt: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.log_of_plays = PlayLog(folder / "plays")
        self.doom = folder / "doom"
        self.killed: set[int] = set()
        environment = {"TESTS_PLAY_LOG": str(folder / "plays"), "TESTS_DOOM": str(self.doom)}
        door = {"port": mqtt_port, "rate": {"per_s": None}} | mqtt
        super().__init__(
            folder, mqtt_port=mqtt_port, settings=SETTINGS | {"mqtt": door}, environment=environment, program=PROGRAM
        )

    def __enter__(self) -> Self:
        return self

    def kill(self) -> None:
        """kill -9, which is remembered."""
        self.killed.add(self.process.pid)
        super().kill()

    def die_at(self, point: str) -> None:
        """Let it kill itself at that point."""
        self.doom.write_text(point)

    def wait_for_death(self, timeout_s: float = 20.0) -> None:
        """Wait until it has killed itself."""
        self.killed.add(self.process.pid)
        self.process.wait(timeout_s)
        assert not self.doom.exists(), self.log

    def rows(self) -> dict[str, str]:
        """The state of every text in the journal; of what was asked more than once, the last."""
        file = self.state / "journal.sqlite"
        if not file.exists():
            return {}
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
        try:
            found = connection.execute("SELECT content, state FROM announcements ORDER BY seq").fetchall()
        finally:
            connection.close()
        return {_text(content): state for content, state in found}

    def wait_until_quiet(self, publishers: list[Publisher], timeout_s: float = QUIET_TIMEOUT_S) -> None:
        """Wait until all that was published is over, or nothing happens any more."""
        end_s = time.monotonic() + timeout_s
        seen, since_s = "", time.monotonic()
        while time.monotonic() < min(end_s, since_s + STILL_AFTER_S):
            states = self.rows()
            waiting = [word for word, state in states.items() if state in UNFINISHED]
            here = all(publisher.acknowledged <= states.keys() for publisher in publishers)
            if here and not waiting and all(publisher.all_acknowledged for publisher in publishers):
                return
            now = f"{len(states)} {len(waiting)} {sum(len(publisher.acknowledged) for publisher in publishers)}"
            if now != seen:
                seen, since_s = now, time.monotonic()
            time.sleep(0.25)

    def judged(self, publishers: list[Publisher]) -> Verdict:
        """What became of all that was published."""
        return verdict(
            published=set[str]().union(*(publisher.published for publisher in publishers)),
            acknowledged=set[str]().union(*(publisher.acknowledged for publisher in publishers)),
            log=self.log_of_plays,
            killed=self.killed,
            explained=self.rows(),
        )


def _text(content: str) -> str:
    try:
        return str(json.loads(content)["text"])
    except (ValueError, KeyError, TypeError):
        return content


@dataclass(frozen=True)
class Sizes:
    """How much a loop does. Of the words, a tenth are alarms in a zone of their own, and a tenth have no id."""

    kills: int
    words: int
    broker_kills: int = 0
    per_s: float = 20.0
    publishers: int = 3


def wishes(seed: int) -> Iterator[Wish]:
    """Words to be announced, in turn in all zones."""
    for number, word in enumerate(words(seed)):
        if number % 10 == 5:
            yield Wish(word, topic=f"{NODE_TOPIC}/alarm", zone=ALARM_ZONE)
        else:
            yield Wish(word, topic=f"{NODE_TOPIC}/say", zone=ZONES[number % len(ZONES)], named=number % 10 != 7)


def kill_at_random(folder: Path, sizes: Sizes, seed: int = 1) -> Verdict:
    """Kill the daemon, and now and then the broker, while words are published."""
    dice = random.Random(seed)
    with ExitStack() as stack:
        broker = stack.enter_context(Broker(folder / "broker", BrokerOptions(persistent=True)))
        daemon = stack.enter_context(DoomedDaemon(folder / "voxd", broker.port))
        publishers = [
            stack.enter_context(Publisher(broker.port, f"publisher-{number}")) for number in range(sizes.publishers)
        ]
        daemon.start()
        wait_until_online(broker.port)
        with publishing(publishers, islice(wishes(seed), sizes.words), sizes.per_s) as publication:
            for number in range(sizes.kills):
                _live_a_while(daemon, dice)
                daemon.kill()
                if sizes.broker_kills and number % (sizes.kills // sizes.broker_kills) == 0:
                    broker.kill()
                    time.sleep(dice.uniform(0.0, 0.5))
                    broker.start()
                daemon.launch()
            publication.join()
        daemon.wait_for_notice("READY=1")
        daemon.wait_until_quiet(publishers)
        daemon.stop()
        return daemon.judged(publishers)


def _live_a_while(daemon: DoomedDaemon, dice: random.Random) -> None:
    """Every fourth life ends anywhere in its first second, the others after READY."""
    if dice.random() < 0.25:
        time.sleep(dice.uniform(0.0, 1.0))
    else:
        daemon.wait_for_notice("READY=1")
        time.sleep(dice.uniform(0.0, 0.8))
