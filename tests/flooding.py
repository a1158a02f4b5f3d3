"""A broken automation: a process of its own that publishes far too much.

Started with a port, a topic, how many a second and for how many seconds; it prints how many the broker has taken, and
in how many seconds.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from publishers import Publisher
from words import words

BURST_S = 0.01
IN_FLIGHT = 1000
CONFIRMED_WITHIN_S = 30.0


class Flood:
    """The running process."""

    def __init__(self, port: int, topic: str, per_s: int, seconds: float) -> None:
        self._within_s = seconds + 2 * CONFIRMED_WITHIN_S
        arguments = [str(argument) for argument in (Path(__file__), port, topic, per_s, seconds)]
        self._process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True)

    @property
    def goes_on(self) -> bool:
        """Whether it still publishes."""
        return self._process.poll() is None

    def published(self) -> tuple[int, float]:
        """Wait for its end; how many the broker has taken, in how many seconds."""
        told, _ = self._process.communicate(timeout=self._within_s)
        count, seconds = told.split()
        return int(count), float(seconds)

    def kill(self) -> None:
        """End it now."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def flooding(port: int, topic: str, per_s: int, seconds: float) -> Iterator[Flood]:
    """A flood that has ended at the end."""
    flood = Flood(port, topic, per_s, seconds)
    try:
        yield flood
    finally:
        flood.kill()


def publish(port: int, topic: str, per_s: int, seconds: float) -> tuple[int, float]:
    """Publish another word each time; how many the broker has acknowledged, and in how many seconds."""
    wanted = islice(words(99), int(per_s * seconds))
    with Publisher(port, "broken-automation", IN_FLIGHT) as publisher:
        begun_s = due_s = time.monotonic()
        while some := list(islice(wanted, max(1, int(per_s * BURST_S)))):
            for word in some:
                publisher.publish(topic, word, word)
            due_s += len(some) / per_s
            time.sleep(max(0.0, due_s - time.monotonic()))
        end_s = time.monotonic() + CONFIRMED_WITHIN_S
        while not publisher.all_acknowledged and time.monotonic() < end_s:
            time.sleep(0.05)
        return len(publisher.acknowledged), time.monotonic() - begun_s


if __name__ == "__main__":
    print(*publish(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
