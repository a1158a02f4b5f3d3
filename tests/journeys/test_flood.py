"""A broken automation that publishes a thousand announcements a second drowns nobody."""

import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from alarm_latency import Memory, alarming, quantile
from announcements import BASE, Events, wait_until_online
from brokers import Broker, Peer
from flooding import flooding
from kill_loops import ZONES, DoomedDaemon
from play_log import END
from publishers import Publisher, Wish
from words import words

pytestmark = [pytest.mark.journey, pytest.mark.realtime, pytest.mark.lengthy]

PER_S, SECONDS = 1000, 30.0
AFTER_BACKLOG_S = 4.0
"""What comes right after a connect may have waited at the broker."""
OVER_WITHIN_S = 10.0
LATEST_S = 5.0
"""A shared machine may hold anybody up once; the 99th percentile is measured by the soak, on a quiet one."""
TOPIC = f"{BASE}/say/robot"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """One that saves nothing: one that saves each change is slower than the flood."""
    with Broker(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def daemon(tmp_path: Path, broker: Broker) -> Iterator[DoomedDaemon]:
    """A daemon that notes what is heard, with rate limits as they are by default."""
    with DoomedDaemon(tmp_path / "voxd", broker.port, rate={}) as running:
        running.start()
        wait_until_online(broker.port)
        yield running


def test_alarms_start_while_a_flood_is_refused_and_told_once(
    daemon: DoomedDaemon, broker: Broker, peer: Peer, events: Events
) -> None:
    with Publisher(broker.port, "alarms") as publisher:
        with alarming(publisher, every_s=0.5, seed=76):
            time.sleep(AFTER_BACKLOG_S)
        with (
            Memory(daemon.process.pid) as memory,
            alarming(publisher, every_s=0.5) as alarms,
            flooding(broker.port, TOPIC, PER_S, SECONDS) as flood,
        ):
            published, lasted_s = flood.published()
        heard_s = alarms.latencies_s(daemon)
    assert published == PER_S * SECONDS
    assert lasted_s < 1.2 * SECONDS, "this machine is too busy for such a flood"
    assert len(heard_s) == len(alarms.published_at_s) >= 50, "every alarm is heard"
    assert quantile(heard_s, 0.9) <= 0.3, heard_s
    assert heard_s[-1] <= LATEST_S, heard_s
    assert memory.grown_mb < 50

    told = [events.next(OVER_WITHIN_S)]
    while told[-1]["event_type"] != "warning":
        told.append(events.next(OVER_WITHIN_S))
    assert sum(event["event_type"] == "refused" for event in told) == 1
    summed_up = re.match(r"say/robot: ([\d,]+) announcements refused in \d+ s", told[-1]["reason"])
    assert summed_up, told[-1]
    accepted = sum(source == "mqtt/robot" and state != "refused" for source, state in daemon.sources_and_states())
    assert accepted + int(summed_up[1].replace(",", "")) == published, "all are accounted for"
    assert daemon.log.count("say/robot") == 2, daemon.log


def test_fifty_announcements_in_a_second_are_all_accepted_at_once_and_heard_in_order(
    daemon: DoomedDaemon, broker: Broker, events: Events
) -> None:
    some = [word for word, _ in zip(words(50), range(50), strict=False)]
    published_at = {}
    with Publisher(broker.port, "publisher") as publisher:
        for word in some:
            published_at[word] = time.time()
            publisher.publish(f"{BASE}/say", word, Wish(word, zone=ZONES[0]).payload)
            time.sleep(0.01)
        accepted_after_s = [
            datetime.fromisoformat(events.until("accepted", id=word)["at"]).timestamp() - published_at[word]
            for word in some
        ]
        daemon.wait_until_over(*some)
    assert max(accepted_after_s) < 0.5
    assert [line.word for line in daemon.log_of_plays if line.kind == END] == some
