"""What an abuse does to a server: how long its good clients wait meanwhile, and how much it grows."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from .abuse import Abuse, Outcome
from .places import ROOT

EVERY_S = 0.02
SETTLE_S = 0.5
GOOD_CLIENT = "tests.bench.good_client"


@dataclass(slots=True)
class Harm:
    """Milliseconds that good clients waited, None where one was not served; and megabytes that the server grew."""

    describe_ms: list[float | None] = field(default_factory=list)
    grown_mb: float = 0.0
    outcome: Outcome = field(default_factory=lambda: Outcome("nothing", None))

    @property
    def served_ms(self) -> list[float]:
        """Of those that were served."""
        return [ms for ms in self.describe_ms if ms is not None]

    @property
    def unserved(self) -> int:
        """How many were not."""
        return self.describe_ms.count(None)


@contextmanager
def good_clients(port: int) -> Iterator[list[float | None]]:
    """One after the other asks, all the time; what they have waited is there at the end."""
    waited: list[float | None] = []
    command = (sys.executable, "-m", GOOD_CLIENT, str(port), str(EVERY_S))
    asking = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield waited
    finally:
        told, _ = asking.communicate(timeout=60)
        waited += [None if line == "none" else float(line) for line in told.split()]


class Growth:
    """The largest resident set of a process over that at the beginning, in MB of 1,000,000 bytes; a context manager."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._ending = threading.Event()
        self._watching = threading.Thread(target=self._watch, name="growth")
        self._before_mb = self._most_mb = self._now_mb()

    def __enter__(self) -> Self:
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._watching.join()

    @property
    def mb(self) -> float:
        """How much it is, until now."""
        return self._most_mb - self._before_mb

    def _watch(self) -> None:
        while not self._ending.wait(0.05):
            self._most_mb = max(self._most_mb, self._now_mb())

    def _now_mb(self) -> float:
        lines = self._status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) * 1024 / 1e6


async def harm_of(abuse: Abuse, port: int, pid: int, for_s: float) -> Harm:
    """Abuse a server for at most so long."""
    harm = Harm()
    with Growth(pid) as growth, good_clients(port) as waited:
        await asyncio.sleep(SETTLE_S)
        harm.outcome = await abuse.act(port, for_s)
        await asyncio.sleep(SETTLE_S)
    harm.describe_ms, harm.grown_mb = waited, growth.mb
    return harm
