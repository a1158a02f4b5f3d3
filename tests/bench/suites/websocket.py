"""The WebSocket /api/stream: its first sound beside Wyoming's, and what 200 of them do to announcements."""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..broker import Publisher, mosquitto
from ..daemon import voxd
from ..figures import median, p99
from ..load import LoadProcess, synthesize
from ..places import free_port
from ..rows import Limit, Row
from ..stamps import VARIABLE, Stamps
from ..texts import sentences
from ..websocket_client import crowd, first_ms
from .mqtt import AVAILABILITY, SAY, STAMPING

ROUNDS, WARM_UPS = 60, 5
LATER_MAX_MS = 20.0
CLIENTS, EVERY_S = 200, 10.0
"""Twenty new texts a second: each client of a crowd has a reply spoken as often as people in a conversation have."""
PHASES, ANNOUNCEMENTS = 3, 60
REST_S = 0.05
REPEATED = "The washing machine is done"


def rows() -> Iterator[Row]:
    """First sound, then the crowd."""
    yield from _first_sounds()
    yield from _under_a_crowd()


def _settings(port: int) -> dict[str, object]:
    http = {"enabled": True, "port": port, "rate": {"per_s": None}}
    return {"speech": {"voice": "espeak-en-us"}, "http": http}


def _first_sounds() -> Iterator[Row]:
    """Sentences that nobody said before go to one and the other in turn, so each is made anew; and one that is kept."""
    http_port = free_port()
    with voxd("voxd-websocket", _settings(http_port)) as daemon, LoadProcess() as load:

        def by_wyoming(text: str) -> float:
            return load.burst(daemon.wyoming_port, [synthesize(text)])[0].first_ms

        def by_websocket(text: str) -> float:
            return first_ms(http_port, text)

        new = _in_turn(by_websocket, by_wyoming, sentences())
        kept = _in_turn(by_websocket, by_wyoming, itertools.repeat(REPEATED))
    for name, (ours, theirs) in (("new", new), ("kept", kept)):
        yield Row(
            f"websocket_first_audio_{name}_sentence",
            ours,
            "ms",
            "Wyoming, the same voxd, each from before the connect",
            theirs,
            Limit("difference", LATER_MAX_MS),
        )


def _in_turn(one: Callable[[str], float], other: Callable[[str], float], texts: Iterator[str]) -> tuple[float, float]:
    """The medians."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(WARM_UPS + ROUNDS):
        taken[0].append(one(next(texts)))
        taken[1].append(other(next(texts)))
    return median(taken[0][WARM_UPS:]), median(taken[1][WARM_UPS:])


def _under_a_crowd() -> Iterator[Row]:
    """Announcements with and without the crowd, in turn."""
    alone: list[float] = []
    crowded: list[float] = []
    seen: dict[str, int] = {}
    texts = sentences()
    http_port = free_port()
    with (
        mosquitto() as mqtt_port,
        Publisher(mqtt_port) as publisher,
        _stamping_daemon(mqtt_port, publisher, http_port) as say,
    ):
        for _ in range(WARM_UPS):
            say(next(texts))
        for _ in range(PHASES):
            alone += [say(next(texts)) for _ in range(ANNOUNCEMENTS)]
            with crowd(http_port, CLIENTS, EVERY_S) as one:
                crowded += [say(next(texts)) for _ in range(ANNOUNCEMENTS)]
            seen = {name: seen.get(name, 0) + number for name, number in one.items()}
    against = "without them; " + ", ".join(f"{number} {name}" for name, number in seen.items())
    for name, figure in (("p99", p99), ("median", median)):
        limit = Limit("ratio", 2.0) if name == "p99" else None
        yield Row(
            f"announcement_first_pcm_{name}_with_{CLIENTS}_websockets",
            figure(crowded),
            "ms",
            against,
            figure(alone),
            limit,
        )


@contextmanager
def _stamping_daemon(mqtt_port: int, publisher: Publisher, http_port: int) -> Iterator[Callable[[str], float]]:
    with Stamps() as stamps:
        environment = {VARIABLE: str(stamps.path)}
        with voxd("voxd-crowded", _settings(http_port), mqtt_port, STAMPING, environment):
            publisher.wait_for(AVAILABILITY, b"online")

            def say(text: str) -> float:
                before_ns = publisher.publish(SAY, json.dumps({"text": text}))
                taken_ms = (stamps.next_ns() - before_ns) / 1e6
                time.sleep(REST_S)
                return taken_ms

            yield say
