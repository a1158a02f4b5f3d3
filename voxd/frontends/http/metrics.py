"""What an operator watches, in Prometheus' words: what happened, counted and measured; what is now, asked for."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import generate_latest

from voxd.announcing.progress import Progress, Step
from voxd.frontends.house import Announcer, Engines
from voxd.frontends.http.metrics_now import Now
from voxd.synthesis.spoken import Spoken, SpokenListener

FIRST_AUDIO_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TOTAL_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
UNKNOWN = "none"
"""The engine of what came to no sound."""


class SentenceNews(Protocol):
    """Tells of every sentence; synthesis/spoken.py."""

    def listen(self, listener: SpokenListener) -> Callable[[], None]:
        """Call `listener` with every sentence from now on; what is returned ends that."""


class Sentences(Protocol):
    """What makes sentences; synthesis/synthesizer.py in the daemon."""

    @property
    def news(self) -> SentenceNews:
        """Tells of every sentence."""

    def waiting(self) -> Mapping[str, int]:
        """How many sentences have a place at each engine."""


class Metrics:
    """Listens to the house between `begin` and its end, and tells what it heard."""

    def __init__(
        self, announcer: Announcer, progress: Progress, engines: Engines, sentences: Sentences, version: str
    ) -> None:
        self._progress = progress
        self._sentences = sentences
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's; a series that nobody plots for each
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        Info("voxd_build", "What runs", registry=self._registry).info({"version": version})
        self._registry.register(Now(announcer, engines, sentences.waiting))
        self._count_announcements()
        self._count_sentences()
        self._requests = self._counter("http_requests", "Answered requests", "route", "method", "status")

    def _count_announcements(self) -> None:
        both = ("engine", "priority")
        self._announcements = self._counter("announcements", "Announcements that ended", "state", "priority")
        self._fallbacks = self._counter("fallbacks", "Announcements that another voice spoke", "voice", "priority")
        self._first_audio = self._seconds("first_audio", "From an announcement's start to its sound", *both)
        self._total = self._seconds("announcement", "From an announcement's start to its end", *both, bounds=TOTAL_S)
        self._queued = self._seconds("queued", "From acceptance to the start", "priority", bounds=TOTAL_S)

    def _count_sentences(self) -> None:
        asked = ("engine", "urgency")
        self._spoken = self._counter("sentences", "Sentences by where their sound came from", *asked, "source")
        self._failed = self._counter("sentence_failures", "Sentences without a sound", "engine")
        self._sentence_first = self._seconds("sentence_first_audio", "From asking an engine to its sound", *asked)
        self._sentence_total = self._seconds("sentence", "From asking to the last sound", *asked, bounds=TOTAL_S)

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"voxd_{name}", told, labels, registry=self._registry)

    def _seconds(self, name: str, told: str, *labels: str, bounds: tuple[float, ...] = FIRST_AUDIO_S) -> Histogram:
        return Histogram(f"voxd_{name}_seconds", told, labels, registry=self._registry, buckets=bounds)

    def begin(self) -> Callable[[], None]:
        """Listen from now on; what is returned ends that."""
        listening = ExitStack()
        listening.callback(self._progress.listen(self._told))
        listening.callback(self._sentences.news.listen(self._heard))
        return listening.close

    def note_request(self, route: str, method: str, status: int) -> None:
        """A request was answered."""
        self._requests.labels(route, method, str(status)).inc()

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)

    def _told(self, step: Step) -> None:
        if not step.state.is_end:
            return
        priority = step.priority.name.lower()
        self._announcements.labels(step.state, priority).inc()
        if step.spoken_by is not None:
            self._fallbacks.labels(step.voice or "", priority).inc()
        for name, measured in (("first_audio", self._first_audio), ("total", self._total)):
            if name in step.timings_ms:
                measured.labels(step.engine or UNKNOWN, priority).observe(step.timings_ms[name] / 1000)
        if "queued" in step.timings_ms:
            self._queued.labels(priority).observe(step.timings_ms["queued"] / 1000)

    def _heard(self, spoken: Spoken) -> None:
        urgency = spoken.urgency.name.lower()
        if spoken.failed:
            self._failed.labels(spoken.engine).inc()
            return
        self._spoken.labels(spoken.engine, urgency, spoken.source).inc()
        if spoken.source == "engine" and spoken.first_s is not None:
            self._sentence_first.labels(spoken.engine, urgency).observe(spoken.first_s)
            self._sentence_total.labels(spoken.engine, urgency).observe(spoken.total_s)
