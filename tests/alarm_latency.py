"""How long alarms take from being published to being heard, while something else happens."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kill_loops import ALARM_ZONE, DoomedDaemon
from play_log import START
from publishers import NODE_TOPIC, Publisher, Wish
from words import words

SETTLED_S = 2.0


@dataclass
class Alarms:
    """The alarms of a while: when each was published, on CLOCK_MONOTONIC."""

    published_at_s: dict[str, float] = field(default_factory=dict)

    def latencies_s(self, daemon: DoomedDaemon) -> list[float]:
        """Of those that were heard, the shortest first."""
        begun = {line.word: line.at_s for line in daemon.log_of_plays if line.kind == START}
        return sorted(begun[word] - at_s for word, at_s in self.published_at_s.items() if word in begun)


@contextmanager
def alarming(publisher: Publisher, every_s: float, seed: int = 77) -> Iterator[Alarms]:
    """Raise an alarm again and again, in a thread."""
    alarms, ending = Alarms(), threading.Event()

    def publish() -> None:
        for word in words(seed):
            wish = Wish(word, topic=f"{NODE_TOPIC}/alarm", zone=ALARM_ZONE)
            alarms.published_at_s[word] = time.monotonic()
            publisher.publish(wish.topic, word, wish.payload)
            if ending.wait(every_s):
                return

    thread = threading.Thread(target=publish, name="alarms")
    thread.start()
    try:
        yield alarms
    finally:
        ending.set()
        thread.join()
        time.sleep(SETTLED_S)


def quantile(sorted_s: list[float], part: float) -> float:
    """The value that this part of all is not above."""
    return sorted_s[max(0, -(-int(1000 * part * len(sorted_s)) // 1000) - 1)]


class Memory:
    """The largest resident set of a process, looked at again and again; use it as a context manager."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory")
        self.before_mb = self.now_mb()
        self.most_mb = self.before_mb

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        self.most_mb = max(self.most_mb, self.now_mb())

    @property
    def grown_mb(self) -> float:
        """How much more it was at most than at the beginning."""
        return self.most_mb - self.before_mb

    def now_mb(self) -> float:
        """What it is now."""
        (line,) = [line for line in self._status.read_text().splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024

    def _watch(self) -> None:
        while not self._ending.wait(0.25):
            self.most_mb = max(self.most_mb, self.now_mb())
