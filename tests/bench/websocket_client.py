"""One WebSocket client and a crowd of them, as the suites use them."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from websockets.sync.client import connect

from .children import BenchError
from .places import ROOT


def first_ms(port: int, text: str) -> float:
    """From before the connect to the first byte of sound of a text; the rest is waited for."""
    began_s = time.perf_counter()
    with connect(f"ws://127.0.0.1:{port}/api/stream", compression=None, open_timeout=20) as line:
        line.send(json.dumps({"text": text, "end": True}))
        while not isinstance(frame := line.recv(20), bytes):
            _check(frame)
        taken_ms = (time.perf_counter() - began_s) * 1000
        while isinstance(frame, bytes) or "done" not in frame:
            frame = line.recv(20)
            _check(frame)
    return taken_ms


@contextmanager
def crowd(port: int, clients: int, every_s: float) -> Iterator[dict[str, int]]:
    """So many of them, from their first knock on; behind it, what became of their sockets and texts."""
    argv = (sys.executable, "-m", "tests.bench.peers.websocket_crowd", str(port), str(clients), str(every_s))
    seen: dict[str, int] = {}
    with subprocess.Popen(argv, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        yield seen
        process.stdin.close()
        seen |= json.loads(process.stdout.readline() or "{}")


def _check(frame: str | bytes) -> None:
    if isinstance(frame, str) and "error" in frame:
        raise BenchError(f"A WebSocket was told: {frame}")
