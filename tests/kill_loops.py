"""Loops that kill the daemon, the broker and the network, and compare what was promised with what was heard."""

import json
import random
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Self

from brokers import Broker, BrokerOptions
from cutting_proxy import KINDS, CuttingProxy
from daemons import DaemonProcess
from doom import REOPENED
from play_log import END, PlayLog
from promises import Verdict, verdict
from publishers import NODE_TOPIC, Publisher, Wish, publishing
from words import words

PROGRAM = (sys.executable, str(Path(__file__).with_name("daemon_with_play_log.py")))
ZONES = ("kitchen", "hall", "attic", "study", "bath", "garage", "porch", "den")
ALARM_ZONE = "tower"
PROBE_ZONES = ("cellar", "roof")
"""For words that nothing else may delay."""
AWAY_MAX_S = 90.0
QUIET_TIMEOUT_S = 120.0
STILL_AFTER_S, HOUR_S = 15.0, 3600.0
MANY = 2000
"""So many rows of a journal are not looked at too often."""
ONLINE_WITHIN_S = 20.0
LONGEST_LIFE_S = 3.0
WORDS_OF_A_LIFE = 20
WAITING_MAX = 1000
LINE_BYTES = 70
"""Of the play log, for a word that begins and ends."""
EXPIRED_AFTER_S = 2.0
SETTINGS: dict[str, Any] = {
    "wyoming": {"enabled": False},
    "satellite": {"enabled": False},
    "sound": {"loudness_lufs": None},
    "zones": {zone: {"outputs": "file"} for zone in (*ZONES, ALARM_ZONE, *PROBE_ZONES)},
    "announcements": {
        "chimes": {"alarm": None},
        "coalesce_s": 0,
        "queue_max": 20_000,
        "alarms": {"repeat_max": 0},
    },
}
"""Whatever is said is heard once and as it is."""
UNFINISHED = ("accepted", "queued", "synthesizing", "playing")


def lasting_broker(folder: Path) -> Broker:
    """A broker that saves after every change, and tells in its log who subscribes."""
    log_types = "\n".join(f"log_type {kind}" for kind in ("error", "warning", "notice", "information", "subscribe"))
    return Broker(folder, BrokerOptions(persistent=True, extra=log_types))


def wait_until_subscribed(broker: Broker) -> None:
    """Return when both of the daemon's sessions have subscribed for the first time: nothing published is lost then."""
    end_s = time.monotonic() + ONLINE_WITHIN_S
    log = broker.folder / "log"
    while not all(f" {NODE_TOPIC}/{topic}" in log.read_text() for topic in ("say", "alarm")):
        assert time.monotonic() < end_s, log.read_text()
        time.sleep(0.02)


@dataclass(frozen=True)
class BrokerKill:
    """When a broker was killed, and what it had saved: it acknowledges before it saves (mosquitto's issue 1855)."""

    at_s: float
    saved: bytes


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
        return {
            _text(content): state
            for content, state in self._asked("SELECT content, state FROM announcements ORDER BY seq")
        }

    def _asked(self, sql: str) -> list[tuple[str, str]]:
        file = self.state / "journal.sqlite"
        if not file.exists():
            return []
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def sources_and_states(self) -> list[tuple[str, str]]:
        """By which door everything in the journal came, and what became of it."""
        return self._asked("SELECT source, state FROM announcements")

    def wait_until_quiet(self, publishers: list[Publisher]) -> None:
        """Wait until all that was published is over, or nothing happens any more, however much still waits."""
        end_s = time.monotonic() + HOUR_S
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
            time.sleep(0.25 if len(states) < MANY else 2.0)

    def wait_until_over(self, *words: str, timeout_s: float = QUIET_TIMEOUT_S) -> None:
        """Wait until these words have come to their end, whatever that was."""
        end_s = time.monotonic() + timeout_s
        while True:
            begun_s = time.monotonic()
            rows = self.rows()
            if all(rows.get(word) not in (None, *UNFINISHED) for word in words):
                return
            assert begun_s < end_s, self.log
            time.sleep(max(0.1, 5 * (time.monotonic() - begun_s)))

    def judged(self, publishers: list[Publisher], broker_kills: Sequence["BrokerKill"] = ()) -> Verdict:
        """What became of all that was published."""
        acknowledged = [item for publisher in publishers for item in publisher.acknowledged_at_s.items()]
        return verdict(
            published=set[str]().union(*(publisher.published for publisher in publishers)),
            acknowledged=[word for word, _ in acknowledged],
            log=self.log_of_plays,
            killed=self.killed,
            journal=self.rows(),
            forgettable=[
                word
                for word, at_s in acknowledged
                if any(at_s < kill.at_s and word.encode() not in kill.saved for kill in broker_kills)
            ],
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


def _no_faster_than_heard(wanted: Iterator[Wish], heard: PlayLog) -> Iterator[Wish]:
    """The wishes, so that never many of them wait: where each start finds thousands, few kills fit into an hour."""
    for number, wish in enumerate(wanted):
        while number - heard.size / LINE_BYTES > WAITING_MAX:
            time.sleep(0.05)
        yield wish


def kill_at_random(folder: Path, sizes: Sizes, seed: int = 1) -> Verdict:
    """Kill the daemon, and now and then the broker, while words are published."""
    dice = random.Random(seed)
    broker_kills: list[BrokerKill] = []
    with ExitStack() as stack:
        broker = stack.enter_context(lasting_broker(folder / "broker"))
        daemon = stack.enter_context(DoomedDaemon(folder / "voxd", broker.port))
        publishers = [
            stack.enter_context(Publisher(broker.port, f"publisher-{number}")) for number in range(sizes.publishers)
        ]
        daemon.launch()
        wait_until_subscribed(broker)
        wanted = _no_faster_than_heard(islice(wishes(seed), sizes.words), daemon.log_of_plays)
        with publishing(publishers, wanted, sizes.per_s) as publication:
            for number in range(sizes.kills):
                _live_a_while(daemon, dice)
                daemon.kill()
                if sizes.broker_kills and number % (sizes.kills // sizes.broker_kills) == 0:
                    broker.kill()
                    saved = (broker.folder / "mosquitto.db").read_bytes()
                    broker_kills.append(BrokerKill(time.monotonic(), saved))
                    time.sleep(dice.uniform(0.0, 0.5))
                    broker.start()
                daemon.launch()
            publication.join()
        daemon.wait_for_notice("READY=1")
        daemon.wait_until_quiet(publishers)
        daemon.stop()
        return daemon.judged(publishers, broker_kills)


def _live_a_while(daemon: DoomedDaemon, dice: random.Random) -> None:
    """Every fourth life ends anywhere in its first second.

    The others end after READY, some time after so many words, so that a busy machine does not kill only beginners.
    """
    if dice.random() < 0.25:
        return time.sleep(dice.uniform(0.0, 1.0))
    daemon.wait_for_notice("READY=1")
    end_s = time.monotonic() + LONGEST_LIFE_S
    enough = daemon.log_of_plays.size + dice.uniform(0, WORDS_OF_A_LIFE * LINE_BYTES)
    while daemon.log_of_plays.size < enough and time.monotonic() < end_s:
        time.sleep(0.01)
    return time.sleep(dice.uniform(0.0, 0.2))


@dataclass(frozen=True)
class Cuts:
    """What became of cutting the network: of the words, and how long the daemon was away after each healing."""

    verdict: Verdict
    away_s: list[float]


def cut_the_network(folder: Path, cuts: int, longest_s: float, per_s: float = 10.0, seed: int = 2) -> Cuts:
    """Cut the network between daemon and broker in every way while words are published."""
    dice = random.Random(seed)
    with ExitStack() as stack:
        broker = stack.enter_context(lasting_broker(folder / "broker"))
        proxy = stack.enter_context(CuttingProxy(broker.port))
        daemon = stack.enter_context(DoomedDaemon(folder / "voxd", proxy.port))
        publishers = [stack.enter_context(Publisher(broker.port, f"publisher-{number}")) for number in range(2)]
        prober = stack.enter_context(Publisher(broker.port, "prober"))
        probes = words(seed + 50)
        daemon.start()
        wait_until_subscribed(broker)
        away_s = []
        with publishing(publishers, wishes(seed), per_s):
            for number in range(cuts):
                proxy.cut(KINDS[number % len(KINDS)])
                time.sleep(dice.uniform(0.1, longest_s))
                proxy.heal()
                away_s.append(_until_heard(daemon, prober, [next(probes), next(probes)]))
                time.sleep(dice.uniform(0.0, 0.3))
        daemon.wait_until_quiet([*publishers, prober])
        daemon.stop()
        return Cuts(daemon.judged([*publishers, prober]), away_s)


def _until_heard(daemon: DoomedDaemon, prober: Publisher, probes: list[str]) -> float:
    """Seconds until an announcement and an alarm that are made now are heard; each has a zone for itself."""
    begun_s = time.monotonic()
    for probe, (topic, zone) in zip(probes, (("say", PROBE_ZONES[0]), ("alarm", PROBE_ZONES[1])), strict=True):
        wish = Wish(probe, topic=f"{NODE_TOPIC}/{topic}", zone=zone)
        prober.publish(wish.topic, wish.word, wish.payload)
    while time.monotonic() < begun_s + AWAY_MAX_S:
        heard = {line.word: line.at_s for line in daemon.log_of_plays if line.word in probes}
        if len(heard) == len(probes):
            return max(heard.values()) - begun_s
        time.sleep(0.05)
    return AWAY_MAX_S


def kill_at_point(folder: Path, point: str, rounds: int, seed: int = 3) -> Verdict:
    """Have the daemon kill itself at a named point, again and again, each time with words on their way."""
    wanted = wishes(seed)
    with ExitStack() as stack:
        broker = stack.enter_context(lasting_broker(folder / "broker"))
        daemon = stack.enter_context(DoomedDaemon(folder / "voxd", broker.port))
        publisher = stack.enter_context(Publisher(broker.port, "publisher"))
        daemon.start()
        wait_until_subscribed(broker)
        for _ in range(rounds):
            if point == REOPENED:
                daemon.kill()
            daemon.die_at(point)
            for wish in islice(wanted, 10):
                publisher.publish(wish.topic, wish.word, wish.payload)
            if point == REOPENED:
                daemon.launch()
            daemon.wait_for_death()
            daemon.start()
            daemon.wait_until_quiet([publisher])
        daemon.stop()
        return daemon.judged([publisher])


@dataclass(frozen=True)
class Absence:
    """What was published while the daemon was off and had not expired when it came back; what was heard; by zone."""

    lasting: dict[str, list[str]]
    heard: dict[str, list[str]]


def be_absent(daemon: DoomedDaemon, publisher: Publisher, count: int, seed: int = 5) -> Absence:
    """Publish while the daemon is off, two of five with an expiry that is over when it comes back."""
    daemon.kill()
    lasting: dict[str, list[str]] = {zone: [] for zone in ZONES}
    zone_of: dict[str, str] = {}
    for number, word in enumerate(islice(words(seed), count)):
        zone = ZONES[number % len(ZONES)]
        expiry = {"MessageExpiryInterval": 1} if number % 5 < 2 else {}
        publisher.publish(f"{NODE_TOPIC}/say", word, Wish(word, zone=zone).payload, **expiry)
        lasting[zone] += [] if expiry else [word]
        zone_of[word] = zone
    while not publisher.all_acknowledged:
        time.sleep(0.05)
    time.sleep(EXPIRED_AFTER_S)
    daemon.start()
    daemon.wait_until_over(*(words_[-1] for words_ in lasting.values()), timeout_s=QUIET_TIMEOUT_S + count / 5)
    ended = [line.word for line in daemon.log_of_plays if line.kind == END]
    return Absence(lasting, {zone: [word for word in ended if zone_of[word] == zone] for zone in ZONES})
