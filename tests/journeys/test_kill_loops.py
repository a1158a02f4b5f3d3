"""Nothing accepted is lost, nothing that was heard is heard again: the daemon, the broker and the network are killed.

The sizes of every commit; those of tests/soak are larger. Loops that mostly wait run side by side.
"""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest
from announcements import BASE
from brokers import Broker, Peer
from doom import POINTS
from kill_loops import (
    ZONES,
    Cuts,
    DoomedDaemon,
    Sizes,
    be_absent,
    cut_the_network,
    kill_at_point,
    kill_at_random,
    lasting_broker,
    wait_until_subscribed,
)
from promises import Verdict
from publishers import Publisher, Wish
from words import words

pytestmark = [pytest.mark.journey, pytest.mark.lengthy]

AT_ONCE = 3
RECONNECTED_WITHIN_S = 5.0
Loop = Callable[[Path], Verdict | Cuts]


def loop_of_point(point: str) -> Loop:
    return lambda folder: kill_at_point(folder, point, rounds=2)


LOOPS: dict[str, Loop] = {
    "daemon": lambda folder: kill_at_random(folder, Sizes(kills=60, words=1200)),
    "network": lambda folder: cut_the_network(folder, cuts=10, longest_s=5.0),
    "broker": lambda folder: kill_at_random(folder, Sizes(kills=20, words=400, broker_kills=10), seed=4),
    **{point: loop_of_point(point) for point in POINTS},
}


class Runs:
    """The loops that this run of the tests asks for, a few at a time."""

    def __init__(self, folder: Path, wanted: list[str], pool: ThreadPoolExecutor) -> None:
        self._futures: dict[str, Future[Verdict | Cuts]] = {
            name: pool.submit(LOOPS[name], folder / name.replace(" ", "-")) for name in LOOPS if name in wanted
        }

    def verdict(self, name: str) -> Verdict:
        """What became of a loop of kills."""
        found = self._futures[name].result()
        assert isinstance(found, Verdict)
        return found

    def cuts(self, name: str) -> Cuts:
        """What became of a loop of cuts."""
        found = self._futures[name].result()
        assert isinstance(found, Cuts)
        return found


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    wanted = [mark.args[0] for item in request.session.items for mark in item.iter_markers("loop")]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield Runs(tmp_path_factory.mktemp("loops"), wanted, pool)


@pytest.mark.loop("daemon")
def test_a1_the_daemon_killed_at_any_moment_loses_nothing_and_doubles_nothing(runs: Runs) -> None:
    found = runs.verdict("daemon")
    assert found.holds, found
    assert found.acknowledged == 1200
    assert found.second_starts > 0, "no kill fell into a playing: this showed nothing"


@pytest.mark.parametrize("point", [pytest.param(point, marks=pytest.mark.loop(point)) for point in POINTS])
def test_a2_a_kill_at_a_named_point_loses_nothing_and_doubles_nothing(runs: Runs, point: str) -> None:
    found = runs.verdict(point)
    in_the_last_moment = 2 if point == "played" else 0  # once in each round: between the last sample and its commit
    assert len(found.heard_again) <= in_the_last_moment, found
    assert not found.faults, found


@pytest.mark.loop("broker")
def test_a3_the_broker_killed_with_the_daemon_loses_nothing_that_it_had_saved(runs: Runs) -> None:
    found = runs.verdict("broker")
    assert found.holds, found
    assert len(found.forgotten) <= 20, "one or two for each kill, in the moment before mosquitto saves"


@pytest.mark.loop("network")
def test_a5_cuts_of_the_network_lose_nothing_and_the_house_is_back_at_once(runs: Runs) -> None:
    found = runs.cuts("network")
    assert found.verdict.holds, found.verdict
    assert not found.verdict.second_starts, found.verdict
    assert max(found.away_s) < RECONNECTED_WITHIN_S, found.away_s


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with lasting_broker(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def doomed(tmp_path: Path, broker: Broker) -> Iterator[DoomedDaemon]:
    """A daemon that notes what is heard, and has been at the broker once."""
    with DoomedDaemon(tmp_path / "voxd", broker.port) as daemon:
        daemon.start()
        wait_until_subscribed(broker)
        yield daemon


@pytest.fixture
def publisher(broker: Broker) -> Iterator[Publisher]:
    with Publisher(broker.port, "publisher") as connected:
        yield connected


def test_a6_what_is_published_three_times_is_heard_once(doomed: DoomedDaemon, publisher: Publisher) -> None:
    some = list(islice(words(6), 30))
    for number, word in enumerate(some):
        wish = Wish(word, zone=ZONES[number % len(ZONES)])
        publisher.publish(wish.topic, word, wish.payload)
        publisher.repeat(wish.topic, wish.payload)
    doomed.wait_until_quiet([publisher])
    doomed.kill()
    doomed.start()
    for word in some:
        publisher.publish(f"{BASE}/say", word, Wish(word, zone=ZONES[0]).payload)
    doomed.wait_until_quiet([publisher])
    found = doomed.judged([publisher])
    assert found.holds, found
    assert found.plays == len(some)


def test_a7_what_a_broker_retains_is_never_heard(tmp_path: Path, broker: Broker) -> None:
    with Peer(broker.port) as peer, DoomedDaemon(tmp_path / "voxd", broker.port) as daemon:
        for topic in ("say", "say/kitchen", "alarm"):
            peer.publish(f"{BASE}/{topic}", "bagadafa", retain=True)
        fresh = words(9)
        wanted = set()
        for _ in range(3):
            daemon.start()
            wait_until_subscribed(broker)
            said, alarmed = next(fresh), next(fresh)
            peer.publish(f"{BASE}/say", Wish(said).payload)
            peer.publish(f"{BASE}/alarm", Wish(alarmed).payload)
            daemon.wait_until_over(said, alarmed)
            daemon.kill()
            wanted |= {said, alarmed}
        assert {line.word for line in daemon.log_of_plays} == wanted


def test_a7_what_has_expired_is_never_heard(doomed: DoomedDaemon, publisher: Publisher) -> None:
    doomed.kill()
    at_the_broker, with_us, heard = islice(words(7), 3)
    publisher.publish(f"{BASE}/say", at_the_broker, Wish(at_the_broker).payload, MessageExpiryInterval=1)
    time.sleep(2.0)
    doomed.start()
    for word in islice(words(8), 20):
        publisher.publish(f"{BASE}/say", word, Wish(word, zone="kitchen").payload)
    publisher.publish(
        f"{BASE}/say", with_us, json.dumps({"text": with_us, "id": with_us, "zones": "kitchen", "ttl_s": 0.3})
    )
    publisher.publish(f"{BASE}/say", heard, Wish(heard, zone="kitchen").payload)
    doomed.wait_until_over(with_us, heard)
    rows = doomed.rows()
    assert at_the_broker not in rows
    assert rows[with_us] == "expired"
    played = {line.word for line in doomed.log_of_plays}
    assert heard in played
    assert not played & {at_the_broker, with_us}


def test_a7_a_second_daemon_on_the_same_state_says_so_and_ends(doomed: DoomedDaemon) -> None:
    second = doomed.run_verb("run")
    assert second.returncode == 1
    assert "Another voxd uses" in second.stderr
    assert second.stderr.count("\n") == 1


def test_a7_two_daemons_with_one_name_do_not_fight_for_ever(
    tmp_path: Path, doomed: DoomedDaemon, broker: Broker
) -> None:
    def takeovers() -> int:
        return (broker.folder / "log").read_text().count("already connected")

    with DoomedDaemon(tmp_path / "other", broker.port) as other:
        other.start()
        time.sleep(8.0)
        before = takeovers()
        assert before > 0
        time.sleep(8.0)
        assert takeovers() - before <= 6, "each of two sessions a few times at most"
        assert "another voxd uses the same node name" in doomed.log + other.log
        other.kill()


def test_a8_what_waited_while_we_were_off_is_heard_in_order_unless_it_expired(
    doomed: DoomedDaemon, publisher: Publisher
) -> None:
    found = be_absent(doomed, publisher, 500)
    assert sum(map(len, found.lasting.values())) == 300
    assert found.heard == found.lasting
