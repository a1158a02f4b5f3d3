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
CACHED_ROUNDS = 120
FRESH_ROUNDS = 8
WARM_UPS = 5
REST_S = 0.1
"""Before each publish, so that it finds the house at rest: announcements come seconds apart, and what TCP still has to
confirm of the one before (up to 40 ms later) is over."""

BUSY_S = 0.02
"""The same where announcements come one upon the other."""

STAMPING = (PYTHON, "-m", "tests.bench.peers.stamping_daemon")
"""The whole daemon, with an output that tells of its first sample."""

SETTINGS = {"speech": {"voice": "espeak-en-us"}}


Published = Callable[[str], float]
"""Publishes a payload and gives the ms until its receiver told."""


def rows() -> Iterator[Row]:
    """All that needs a broker."""
    with mosquitto() as port, Publisher(port) as publisher:
        yield _cached("mqtt_cached_first_pcm", port, publisher, REST_S, Limit("ratio", 6.0))
        yield _cached("mqtt_cached_first_pcm_busy", port, publisher, BUSY_S, None)
        yield _first_announcement(port, publisher)
    yield _first_rendering()


def _cached(name: str, port: int, publisher: Publisher, pause_s: float, limit: Limit | None) -> Row:
    payload = json.dumps({"text": "The washing machine is done"})
    ours, bare = [], []
    with _stamping_daemon(port, publisher) as say, _bare_callback(port, publisher) as call:
        for _ in range(WARM_UPS + CACHED_ROUNDS):
            time.sleep(pause_s)
            ours.append(say(payload))
            time.sleep(pause_s)
            bare.append(call(payload))
    against = f"a bare paho callback, {pause_s * 1000:g} ms after the last"
    return Row(name, median(ours[WARM_UPS:]), "ms", against, median(bare[WARM_UPS:]), limit)


def _first_announcement(port: int, publisher: Publisher) -> Row:
    texts = sentences()
    first, warm = [], []
    for _ in range(FRESH_ROUNDS):
        with _stamping_daemon(port, publisher) as say:
            taken = [_said(say, text) for text in itertools.islice(texts, 2 * WARM_UPS)]
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


def _said(say: Published, text: str) -> float:
    taken_ms = say(json.dumps({"text": text}))
    time.sleep(REST_S)
    return taken_ms


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
    topic = f"{BARE}/{time.monotonic_ns()}"  # of its own: that one of an earlier row was online is retained
    argv = (PYTHON, "-m", "tests.bench.peers.bare_callback", str(port), topic)
    with Stamps() as stamps, Child("bare-callback", argv, {VARIABLE: str(stamps.path)}):
        publisher.wait_for(f"{topic}/online", b"online")
        yield lambda payload: _taken_ms(publisher, topic, payload, stamps)


def _taken_ms(publisher: Publisher, topic: str, payload: str, stamps: Stamps) -> float:
    before_ns = publisher.publish(topic, payload)
    return (stamps.next_ns() - before_ns) / 1e6
