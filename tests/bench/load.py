"""The harness's end of the load process."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from .children import BenchError
from .places import ROOT

DESCRIBE = '{"type": "describe"}\n'


def synthesize(text: str, voice: str | None = None) -> str:
    """The bytes, as text, that ask a Wyoming server to speak."""
    data = json.dumps({"text": text} | ({"voice": {"name": voice}} if voice else {}))
    return f'{{"type": "synthesize", "data_length": {len(data)}}}\n{data}'


@dataclass(frozen=True, slots=True)
class Reply:
    """What one client saw, in ms from before its connect: the first byte of sound, the end; and how many bytes."""

    first_ms: float
    total_ms: float
    received: int


class LoadProcess:
    """A running load_client.py; it obeys one order at a time."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load_client"],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def burst(self, port: int, requests: Sequence[str]) -> list[Reply]:
        """All requests at the same moment, each on a connection of its own."""
        self.begin(port, requests, at_once=len(requests))
        return self.replies()

    def begin(self, port: int, requests: Sequence[str], at_once: int, for_s: float | None = None) -> None:
        """Begin a load; with `for_s`, of so many seconds. `replies` waits for its end."""
        assert self._process.stdin is not None
        self._port = port
        order = {"port": port, "ask": list(requests), "at_once": at_once, "for_s": for_s}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def replies(self) -> list[Reply]:
        """The end of the load that was begun. Raises BenchError when a client was not served."""
        assert self._process.stdout is not None
        answer = json.loads(self._process.stdout.readline() or '{"error": "the load process died"}')
        if isinstance(answer, dict):
            raise BenchError(f"A client of port {self._port} was not served: {answer['error']}")
        return [Reply(first * 1000, total * 1000, received) for first, total, received in answer]
