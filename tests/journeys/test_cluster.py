"""Several servers that speak alike behind one engine, some of them in trouble: nobody in the house notices."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from daemons import DaemonProcess
from speech_servers.processes import ServerProcess

from voxd.commands.control_client import ControlClient

pytestmark = pytest.mark.journey

FIRST_S = 0.05
"""How long a server that is well takes to its first sound; one that is slow takes twenty times as long."""
WARM_ROUNDS, ROUNDS = 3, 30
ZONES = ("kitchen", "hall")
CLUSTERS = ("well", "troubled")
Announced = dict[str, Any]


@pytest.fixture
def servers() -> Iterator[dict[str, list[ServerProcess]]]:
    """Three of each cluster."""
    made = {name: [ServerProcess(FIRST_S) for _ in range(3)] for name in CLUSTERS}
    with ExitStack() as running:
        for server in (server for group in made.values() for server in group):
            running.callback(server.kill)
            server.launch()
        for server in (server for group in made.values() for server in group):
            server.wait()
        yield made


@pytest.fixture
def daemon(servers: dict[str, list[ServerProcess]], tmp_path: Path) -> Iterator[DaemonProcess]:
    """A daemon with an engine for each cluster, and nothing that could speak for it."""
    settings = {
        "engines": {name: engine_of(group) for name, group in servers.items()},
        "speech": {"voice": "well-anna", "last_resort": None},
        "cache": {"enabled": False},
        "zones": {name: {"outputs": "file"} for name in ZONES},
    }
    with DaemonProcess(tmp_path / "voxd", settings=settings) as running:
        yield running


def engine_of(servers: Sequence[ServerProcess]) -> dict[str, Any]:
    first, *others = servers
    return {
        "type": "wyoming",
        "port": first.port,
        "servers": [other.address for other in others],
        "concurrency": len(ZONES),
        "probe_s": 1.0,
    }


class House:
    """Whoever announces in it, two zones at a time."""

    def __init__(self, daemon: DaemonProcess) -> None:
        self.client = ControlClient(daemon.folder / "run" / "control.sock")
        self._count = 0

    def announce(self, cluster: str) -> None:
        """Something new in each zone at once, and wait for it."""
        self.begin(cluster)
        self.wait()

    def begin(self, cluster: str) -> None:
        """The same, and do not wait."""
        self._count += 1
        for zone in ZONES:
            text = f"This is number {self._count} in the {zone}."
            self.client.announce({"text": text, "voice": f"{cluster}-anna", "zones": [zone]}, 0)

    def wait(self) -> None:
        """Until nothing waits, and nothing is heard."""
        end_s = time.monotonic() + 30
        while (status := self.client.status())["playing"] or status["waiting"]:
            assert time.monotonic() < end_s, status
            time.sleep(0.01)

    def announced(self, cluster: str) -> list[Announced]:
        """All of them, the latest first."""
        past = self.client.history(len(ZONES) * self._count, None)
        return [one for one in past if one["voice"] == f"{cluster}-anna"]


def p95_ms(announced: Sequence[Announced]) -> float:
    """Of the time to the first sound."""
    first_audio_ms = sorted(one["timings_ms"]["first_audio"] for one in announced)
    return float(first_audio_ms[int(0.95 * len(first_audio_ms))])


@pytest.mark.realtime
def test_a_cluster_of_three_local_servers_one_killed_one_slow_no_announcement_fails_first_audio_p95_within_2(
    daemon: DaemonProcess, servers: dict[str, list[ServerProcess]]
) -> None:
    house = House(daemon)
    for _ in range(WARM_ROUNDS):
        for cluster in CLUSTERS:
            house.announce(cluster)
    killed, slow, _ = servers["troubled"]
    slow.be_slow()
    house.begin("troubled")
    killed.kill()
    house.wait()
    for _ in range(ROUNDS):
        for cluster in CLUSTERS:
            house.announce(cluster)
    past = {cluster: house.announced(cluster)[: ROUNDS * len(ZONES)] for cluster in CLUSTERS}
    assert len(past["troubled"]) == len(past["well"]) == ROUNDS * len(ZONES)
    assert {one["state"] for one in house.announced("troubled")} == {"finished"}
    assert p95_ms(past["troubled"]) < 2 * p95_ms(past["well"])
    states = daemon.status()["engines"]["troubled"]["servers"]
    assert states == {killed.address: "away"} | {server.address: "ready" for server in servers["troubled"][1:]}
