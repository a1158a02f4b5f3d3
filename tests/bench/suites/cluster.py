"""The first sound of new sentences from three servers behind one engine: all of them well, and one killed and one slow.

Two engines of one voxd, asked in turn for sentences that nobody has said before, two at once. Whoever is not served is
an error of the benchmark.
"""

import itertools
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack

from ..children import Child
from ..daemon import voxd
from ..figures import median, percentile
from ..load import LoadProcess, synthesize
from ..places import PYTHON, free_port
from ..rows import Limit, Row
from ..texts import sentences

FIRST_S = 0.05
"""What a server that is well takes to its first sound; the slow one takes twenty times as long."""
WARM_TURNS, TURNS = 3, 60
AT_ONCE = 2
CLUSTERS = ("well", "troubled")
VOICE = "anna"


def rows() -> Iterator[Row]:
    """Measure, then give the rows."""
    texts = sentences()
    with ExitStack() as running:
        ports = {name: [free_port() for _ in range(3)] for name in CLUSTERS}
        servers = {port: running.enter_context(_server(port)) for port in itertools.chain(*ports.values())}
        for port, server in servers.items():
            server.wait_for_port(port)
        daemon = running.enter_context(voxd("voxd-cluster", _settings(ports)))
        load = running.enter_context(LoadProcess())
        _measured(load, daemon.wyoming_port, texts, WARM_TURNS)
        killed, slow, _ = ports["troubled"]
        os.kill(servers[killed].pid, signal.SIGKILL)
        os.kill(servers[slow].pid, signal.SIGUSR1)
        well, troubled = _measured(load, daemon.wyoming_port, texts, TURNS)
    against = "the same with all three well, 50 ms to their first sound"
    yield Row("cluster_first_audio_p50_in_trouble", median(troubled), "ms", against, median(well))
    yield Row(
        "cluster_first_audio_p95_in_trouble",
        percentile(troubled, 95),
        "ms",
        against,
        percentile(well, 95),
        Limit("ratio", 2),
    )


def _measured(load: LoadProcess, port: int, texts: Iterator[str], turns: int) -> tuple[list[float], list[float]]:
    """The first sounds of each cluster, in ms."""
    first_ms: dict[str, list[float]] = {name: [] for name in CLUSTERS}
    for _ in range(turns):
        for name, seen in first_ms.items():
            asked = [synthesize(text, f"{name}-{VOICE}") for text in itertools.islice(texts, AT_ONCE)]
            seen += [reply.first_ms for reply in load.burst(port, asked)]
    return first_ms["well"], first_ms["troubled"]


def _server(port: int) -> Child:
    return Child(f"cluster-{port}", (PYTHON, "tests/wyoming_server.py", str(port), str(FIRST_S)))


def _settings(ports: dict[str, list[int]]) -> dict[str, object]:
    engines = {name: _engine(*of) for name, of in ports.items()}
    return {"engines": engines, "speech": {"voice": f"well-{VOICE}"}, "cache": {"enabled": False}}


def _engine(first: int, *others: int) -> dict[str, object]:
    servers = [f"127.0.0.1:{port}" for port in others]
    return {"type": "wyoming", "port": first, "servers": servers, "concurrency": AT_ONCE}
