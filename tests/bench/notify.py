"""The socket on which a service tells its readiness (sd_notify(3))."""

import os
import socket
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from .children import BenchError, Child


class NotifySocket:
    """A `$NOTIFY_SOCKET` for one child; like systemd it reads for as long as it lives, so that nobody has to wait."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="voxd-bench-")
        self.path = Path(self._folder.name) / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(os.fspath(self.path))
        self._ready = threading.Event()
        self._ready_s = 0.0
        self._reader = threading.Thread(target=self._read, name="notify", daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RD)
        self._reader.join()
        self._socket.close()
        self._folder.cleanup()

    def wait_ready(self, child: Child, timeout_s: float = 60.0) -> float:
        """Seconds from the start of `child` to its READY=1. Raises BenchError when it does not come."""
        deadline = time.monotonic() + timeout_s
        while not self._ready.wait(0.2):
            child.check()
            if time.monotonic() > deadline:
                raise BenchError(f"{child.name} was not ready within {timeout_s:g} s; see {child.log}")
        return self._ready_s - child.started_s

    def _read(self) -> None:
        while told := self._socket.recv(65536):
            if b"READY=1" in told.split(b"\n"):
                self._ready_s = time.monotonic()
                self._ready.set()
