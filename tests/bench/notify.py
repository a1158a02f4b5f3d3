"""The socket on which a service tells its readiness (sd_notify(3))."""

import os
import socket
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from .children import BenchError, Child


class NotifySocket:
    """A `$NOTIFY_SOCKET` for one child."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="voxd-bench-")
        self.path = Path(self._folder.name) / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(os.fspath(self.path))
        self._socket.settimeout(0.5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._folder.cleanup()

    def wait_ready(self, child: Child, timeout_s: float = 60.0) -> float:
        """Seconds from the start of `child` to its READY=1."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                told = self._socket.recv(65536)
            except TimeoutError:
                child.check()
                continue
            if b"READY=1" in told.split(b"\n"):
                return time.monotonic() - child.started_s
        raise BenchError(f"{child.name} was not ready within {timeout_s:g} s; see {child.log}")
