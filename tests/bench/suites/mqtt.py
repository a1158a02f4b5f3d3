"""From a publish to the first PCM at the output; and the first announcement of a daemon's life against later ones."""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..broker import Publisher, mosquitto
from ..children import Child
from ..daemon import NODE, voxd
from ..figures import median
from ..load import LoadProcess, synthesize
from ..places import PYTHON
from ..rows import Limit, Row
from ..stamps import VARIABLE, Stamps
from ..texts import sentences

SAY = f"voxd/{NODE}/say"
AVAILABILITY = f"voxd/{NODE}/availability"
BARE = "bench/bare"
CACHED_ROUNDS = 300
FRESH_ROUNDS = 8
WARM_UPS = 5
PAUSE_S = 0.02
"""So that an announcement is at rest before the next is published: 50 a second, as in a busy house."""

STAMPING = (PYTHON, "-m", "tests.bench.peers.stamping_daemon")
"""The whole daemon, with an output that tells of its first sample."""

SETTINGS = {"speech": {"voice": "espeak-en-us"}}


def rows() -> Iterator[Row]:
    """All that needs a broker."""
    with mosquitto() as port, Publisher(port) as publisher:
        yield _cached(port, publisher)
        yield _first_announcement(port, publisher)
    yield _first_rendering()


def _cached(port: int, publisher: Publisher) -> Row:
    payload = json.dumps({"text": "The washing machine is done"})
    ours, bare = [], []
    with _stamping_daemon(port, publisher) as say, _bare_callback(port, publisher) as call:
        for _ in range(WARM_UPS + CACHED_ROUNDS):
            ours.append(say(payload))
            bare.append(call(payload))
    against = "a bare paho callback on the same payload"
    return Row(
        "mqtt_cached_first_pcm",
        median(ours[WARM_UPS:]),
        "ms",
        against,
        median(bare[WARM_UPS:]),
        Limit("ratio", 6.0),
    )


def _first_announcement(port: int, publisher: Publisher) -> Row:
    texts = sentences()
    first, warm = [], []
    for _ in range(FRESH_ROUNDS):
        with _stamping_daemon(port, publisher) as say:
            taken = [say(json.dumps({"text": text})) for text in itertools.islice(texts, 2 * WARM_UPS)]
        first.append(taken[0])
        warm += taken[WARM_UPS:]
    return Row(
        "first_after_ready",
        median(first),
        "ms",
        "a warm announcement, publish to first PCM",
        median(warm),
        Limit("ratio", 1.5),
    )


def _first_rendering() -> Row:
    texts = sentences()
    first, warm = [], []
    with LoadProcess() as load:
        for _ in range(FRESH_ROUNDS):
            with voxd("voxd-fresh", SETTINGS) as daemon:
                asked = [synthesize(text) for text in itertools.islice(texts, 2 * WARM_UPS)]
                taken = [load.burst(daemon.wyoming_port, [request])[0].first_ms for request in asked]
            first.append(taken[0])
            warm += taken[WARM_UPS:]
    against = "a warm rendering over Wyoming, first audio"
    return Row("first_rendering_after_ready", median(first), "ms", against, median(warm), Limit("ratio", 1.5))


Published = Callable[[str], float]
"""Publishes a payload and gives the ms until its receiver told."""


@contextmanager
def _stamping_daemon(port: int, publisher: Publisher) -> Iterator[Published]:
    with (
        Stamps() as stamps,
        voxd("voxd-stamping", SETTINGS, port, STAMPING, {VARIABLE: str(stamps.path)}),
    ):
        publisher.wait_for(AVAILABILITY, b"online")
        yield lambda payload: _taken_ms(publisher, SAY, payload, stamps)


@contextmanager
def _bare_callback(port: int, publisher: Publisher) -> Iterator[Published]:
    argv = (PYTHON, "-m", "tests.bench.peers.bare_callback", str(port), BARE)
    with Stamps() as stamps, Child("bare-callback", argv, {VARIABLE: str(stamps.path)}):
        publisher.wait_for(f"{BARE}/online", b"online")
        yield lambda payload: _taken_ms(publisher, BARE, payload, stamps)


def _taken_ms(publisher: Publisher, topic: str, payload: str, stamps: Stamps) -> float:
    before_ns = publisher.publish(topic, payload)
    taken_ms = (stamps.next_ns() - before_ns) / 1e6
    time.sleep(PAUSE_S)
    return taken_ms
