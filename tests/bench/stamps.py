"""Moments told by other processes: each is one datagram holding CLOCK_MONOTONIC in nanoseconds."""

import os
import socket
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from .children import BenchError

VARIABLE = "BENCH_STAMPS"
"""The environment variable that holds the path of the socket."""


class Stamps:
    """The receiving end."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="voxd-bench-")
        self.path = Path(self._folder.name) / "stamps"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(os.fspath(self.path))
        self._socket.settimeout(20.0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._folder.cleanup()

    def next_ns(self) -> int:
        """The next moment told."""
        try:
            return int(self._socket.recv(64))
        except TimeoutError as error:
            raise BenchError("No sound and no callback within 20 s of a publish") from error


class Stamper:
    """The telling end, in another process."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.connect(os.environ[VARIABLE])

    def stamp(self) -> None:
        """Tell that it is now."""
        self._socket.send(b"%d" % time.monotonic_ns())
