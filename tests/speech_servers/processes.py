"""Wyoming servers as processes of their own, which can be killed, started again, and made slow."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from brokers import free_port

PROGRAM = Path(__file__).parent.parent / "wyoming_server.py"


class ServerProcess:
    """One of them; the seconds before each first sound are `first_s`. Use it as a context manager, or start it."""

    def __init__(self, first_s: float = 0.0, port: int | None = None) -> None:
        self.port = free_port() if port is None else port
        self._first_s = first_s
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """As the settings have it."""
        return f"127.0.0.1:{self.port}"

    def launch(self) -> None:
        """Start it, and do not wait for it."""
        command = (sys.executable, PROGRAM, str(self.port), str(self._first_s))
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)

    def wait(self) -> None:
        """Until it listens."""
        assert self._process is not None
        assert self._process.stdout is not None
        assert int(self._process.stdout.readline()) == self.port

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def be_slow(self) -> None:
        """Take much longer from now on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)

    def __enter__(self) -> Self:
        self.launch()
        self.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
