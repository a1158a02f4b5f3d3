"""The kill loops of tests/journeys in their full sizes, run before a release; the figures go to RESULTS.md."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from alarm_latency import Memory, alarming, quantile
from announcements import BASE, wait_until_online
from brokers import Broker
from doom import POINTS
from flooding import flooding
from kill_loops import (
    DoomedDaemon,
    Sizes,
    be_absent,
    cut_the_network,
    kill_at_point,
    kill_at_random,
    lasting_broker,
    wait_until_subscribed,
)
from publishers import Publisher

pytestmark = [pytest.mark.soak, pytest.mark.journey]

PART = float(os.environ.get("SOAK_PART", "1"))
"""A tenth of all sizes, say, to try the soak itself."""
Told = Callable[[str], None]


def part(size: int) -> int:
    return max(1, round(PART * size))


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Told:
    """Prints a line for RESULTS.md; with the time that the test took at its end."""
    begun_s = time.monotonic()
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def tell(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\n{request.node.name}: {line} ({time.monotonic() - begun_s:.0f} s)", flush=True)

    return tell


@pytest.mark.parametrize("half", [1, 2])
def test_a1_a_thousand_kills_at_random(tmp_path: Path, told: Told, half: int) -> None:
    """Of two daemons, which may run side by side."""
    found = kill_at_random(tmp_path, Sizes(kills=part(500), words=part(10_000), per_s=18.0), seed=10 + half)
    told(str(found))
    assert found.holds, found


@pytest.mark.parametrize("point", POINTS)
def test_a2_twenty_kills_at_a_named_point(tmp_path: Path, told: Told, point: str) -> None:
    rounds = part(20)
    found = kill_at_point(tmp_path, point, rounds, seed=12)
    told(str(found))
    assert not found.faults, found
    assert len(found.heard_again) <= (rounds if point == "played" else 0), found


def test_a3_a_hundred_kills_of_the_broker(tmp_path: Path, told: Told) -> None:
    sizes = Sizes(kills=part(300), words=part(6000), broker_kills=part(100), per_s=15.0)
    found = kill_at_random(tmp_path, sizes, seed=13)
    told(str(found))
    assert found.holds, found
    assert len(found.forgotten) <= 2 * part(100)


def test_a5_two_hundred_cuts(tmp_path: Path, told: Told) -> None:
    found = cut_the_network(tmp_path, cuts=part(200), longest_s=5.0, seed=14)
    told(f"{found.verdict}, away at most {max(found.away_s):.2f} s")
    assert found.verdict.holds, found.verdict
    assert not found.verdict.second_starts
    assert max(found.away_s) < 5.0


def test_a8_ten_thousand_waited(tmp_path: Path, told: Told) -> None:
    with lasting_broker(tmp_path / "broker") as broker, DoomedDaemon(tmp_path / "voxd", broker.port) as daemon:
        daemon.start()
        wait_until_subscribed(broker)
        with Publisher(broker.port, "publisher") as publisher:
            found = be_absent(daemon, publisher, part(10_000))
        told(f"lasting {sum(map(len, found.lasting.values()))}, heard {sum(map(len, found.heard.values()))}")
        assert found.heard == found.lasting


def test_b1_b3_a_flood_of_a_minute(tmp_path: Path, told: Told) -> None:
    with Broker(tmp_path / "broker") as broker, DoomedDaemon(tmp_path / "voxd", broker.port, rate={}) as daemon:
        daemon.start()
        wait_until_online(broker.port)
        with (
            Publisher(broker.port, "alarms") as publisher,
            Memory(daemon.process.pid) as memory,
            alarming(publisher, every_s=0.5) as alarms,
            flooding(broker.port, f"{BASE}/say/robot", 1000, part(60)) as flood,
        ):
            published, lasted_s = flood.published()
        heard_s = alarms.latencies_s(daemon)
        quantiles = ", ".join(f"p{part_} {1000 * quantile(heard_s, part_ / 100):.0f} ms" for part_ in (50, 99, 100))
        told(
            f"{published} published in {lasted_s:.0f} s, {len(heard_s)} alarms: {quantiles}; "
            f"memory +{memory.grown_mb:.1f} MB"
        )
        assert published == 1000 * part(60)
        assert len(heard_s) == len(alarms.published_at_s)
        assert quantile(heard_s, 0.99) <= 0.3
        assert heard_s[-1] <= 1.0
        assert memory.grown_mb < 50
