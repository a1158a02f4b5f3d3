"""Child processes of the benchmark: started from a list, logged to a file, ended for certain."""

import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from .places import KEPT, ROOT


class BenchError(Exception):
    """The benchmark cannot go on; the text says why."""


class Child:
    """A process that lives as long as its `with` block; what it prints goes to a log file."""

    def __init__(self, name: str, argv: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._argv = [str(part) for part in argv]
        self._env = os.environ | dict(env or {})
        self.log = KEPT / "logs" / f"{name}.log"
        self.started_s = 0.0

    def __enter__(self) -> Self:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self.started_s = time.monotonic()
            self._process = subprocess.Popen(
                self._argv, cwd=ROOT, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def check(self) -> None:
        """Raise BenchError, with the end of its log, when it has ended by itself."""
        if self._process.poll() is not None:
            tail = self.log.read_text(errors="replace")[-2000:]
            raise BenchError(f"{self.name} ended with status {self._process.returncode}:\n{tail}")

    def wait_for_port(self, port: int, timeout_s: float = 60.0) -> None:
        """Return when somebody listens on `port` of 127.0.0.1."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self.check()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise BenchError(f"{self.name} did not listen on port {port} within {timeout_s:g} s")
