"""How the house is at the moment somebody asks, in Prometheus' words."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from voxd.frontends.house import Announcer, Engines
from voxd.synthesis.engine import EngineHealth

STATES = ("waiting", "loading", "ready", "repairing", "failed")


class Now(Collector):
    """Asks the house."""

    def __init__(self, announcer: Announcer, engines: Engines, waiting: Callable[[], Mapping[str, int]]) -> None:
        self._announcer = announcer
        self._engines = engines
        self._waiting = waiting

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked before somebody wants to know."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Everything that is now."""
        state = self._announcer.house_state()
        yield _one("announcements_waiting", "Announcements that wait", state.waiting)
        yield _one("announcements_playing", "Announcements that are being spoken", len(state.playing))
        yield _one("alarms", "Alarms that nobody has acknowledged", len(state.alarms))
        yield _one("outputs_lost", "Outputs that cannot be heard", len(state.lost))
        yield _each("sentences_queued", "Sentences at an engine, spoken or waiting", "engine", self._waiting())
        yield from _engines(self._engines.health())


def _one(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"voxd_{name}", told, value=value)


def _each(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"voxd_{name}", told, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _engines(health: Mapping[str, EngineHealth]) -> Iterator[Metric]:
    state = GaugeMetricFamily("voxd_engine_state", "1 for the state that an engine is in", labels=["engine", "state"])
    memory = GaugeMetricFamily("voxd_engine_memory_bytes", "What its model takes", labels=["engine", "device"])
    for name, how in health.items():
        for each in STATES:
            state.add_metric([name, each], float(how.state == each))
        if _number(how.details, "memory_mb"):
            memory.add_metric([name, str(how.details.get("device", ""))], 1e6 * _number(how.details, "memory_mb"))
    yield state
    yield memory
    yield from _embeddings(
        {name: how.details["embeddings"] for name, how in health.items() if "embeddings" in how.details}
    )


def _embeddings(figures: Mapping[str, Any]) -> Iterator[Metric]:
    """Speaker embeddings of engines that clone."""
    yield _each(
        "embeddings_held",
        "Speaker embeddings kept ready",
        "engine",
        {name: _number(told, "held") for name, told in figures.items()},
    )
    for word, told in (("hits", "Embeddings that were kept"), ("misses", "Embeddings made from their clip")):
        family = CounterMetricFamily(f"voxd_embeddings_{word}", told, labels=["engine"])
        for name, figure in figures.items():
            family.add_metric([name], _number(figure, word))
        yield family
    seconds = CounterMetricFamily("voxd_embeddings_encoding_seconds", "What making them took", labels=["engine"])
    for name, figure in figures.items():
        seconds.add_metric([name], _number(figure, "encoding_s"))
    yield seconds


def _number(told: Mapping[str, object], key: str) -> float:
    value = told.get(key)
    return float(value) if isinstance(value, int | float) else 0.0
