"""The whole daemon as a process of its own, as systemd would start it."""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import yaml
from brokers import free_port

from voxd.commands.control_client import ControlClient

READY_TIMEOUT_S = 20.0
END_TIMEOUT_S = 20.0
NODE = "here"
VOXD = (str(Path(sys.executable).with_name("voxd")),)


DESCRIPTORS_MAX = 64
HAND_OVER = (
    sys.executable,
    "-c",
    """import os, sys
names, descriptors, command = sys.argv[1], [int(one) for one in sys.argv[2].split(":")], sys.argv[3:]
for at, one in enumerate(descriptors):
    os.dup2(one, 100 + at, inheritable=False)
    os.close(one)
for at in range(len(descriptors)):
    os.dup2(100 + at, 3 + at)
os.environ.update(LISTEN_FDS=str(len(descriptors)), LISTEN_FDNAMES=names, LISTEN_PID=str(os.getpid()))
os.execvp(command[0], command)""",
)
"""Becomes a command that is handed descriptors over, as systemd does it (sd_listen_fds(3))."""


class ServiceManager:
    """Reads what a service tells on its notification socket, as systemd does: always and at once.

    What a service has it store it keeps open, by name.
    """

    def __init__(self, path: Path) -> None:
        self.told: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.stored: dict[str, int] = {}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(0.1)
        self._open = True
        self._reading = threading.Thread(target=self._read, name="service manager", daemon=True)
        self._reading.start()

    def forget(self) -> None:
        """What was told until now is of no interest any more."""
        with suppress(queue.Empty):
            while True:
                self.told.get_nowait()

    def close(self) -> None:
        """Stop reading."""
        self._open = False
        self._reading.join()
        self._socket.close()
        for descriptor in self.stored.values():
            os.close(descriptor)

    def _read(self) -> None:
        while self._open:
            with suppress(TimeoutError):
                datagram, descriptors, _, _ = socket.recv_fds(self._socket, 4096, DESCRIPTORS_MAX)
                lines = datagram.decode().splitlines()
                self._store(dict(line.split("=", 1) for line in lines), descriptors)
                for line in lines:
                    self.told.put(line)

    def _store(self, told: Mapping[str, str], descriptors: Sequence[int]) -> None:
        if "FDSTOREREMOVE" in told:
            os.close(self.stored.pop(told["FDNAME"]))
        if "FDSTORE" in told:
            (self.stored[told["FDNAME"]],) = descriptors


class DaemonProcess:
    """A voxd with folders below `folder` and a free Wyoming port; `settings` go on top of that.

    Use it as a context manager, or start and stop it yourself; between a kill and a start it keeps its state.
    """

    def __init__(
        self,
        folder: Path,
        *,
        mqtt_port: int | None = None,
        settings: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = VOXD,
    ) -> None:
        self.folder = folder
        self._program = tuple(program)
        self.wyoming_port = free_port()
        self.config = folder / "voxd.yaml"
        self.cache = folder / "cache"
        self.state = folder / "state"
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._manager: ServiceManager | None = None
        self.configure(mqtt_port, settings or {})

    def configure(self, mqtt_port: int | None, settings: Mapping[str, Any]) -> None:
        """Write the configuration file."""
        mqtt = {"enabled": False} if mqtt_port is None else {"port": mqtt_port}
        content = {
            "node": NODE,
            "mqtt": mqtt,
            "wyoming": {"port": self.wyoming_port},
            "satellite": {"enabled": False},
            "paths": {"state": str(self.state), "cache": str(self.cache), "runtime": str(self.folder / "run")},
            "zones": {"home": {"outputs": "file"}},
        }
        self.config.write_text(yaml.safe_dump(content | dict(settings)))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._process is not None and self._process.poll() is None:
                self.stop()
        finally:
            if self._manager is not None:
                self._manager.close()

    def start(self) -> None:
        """Start it and wait for READY=1."""
        self.launch()
        self.wait_for_notice("READY=1")

    def launch(self) -> None:
        """Start it; what an earlier process told and nobody read is forgotten."""
        if self._manager is None:
            self._manager = ServiceManager(self.folder / "notify")
        self._manager.forget()
        stored = self._manager.stored
        names, numbers = ":".join(stored), ":".join(map(str, stored.values()))
        handed = [*HAND_OVER, names, numbers] if stored else []
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*handed, *self._program, "run", "-c", str(self.config)],
                pass_fds=tuple(stored.values()),
                env=os.environ | {"NOTIFY_SOCKET": str(self.folder / "notify")} | self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_for_notice(self, wanted: str, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Wait until it tells systemd the wanted assignment."""
        assert self._manager is not None, "it was never started"
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s:
            try:
                told = self._manager.told.get(timeout=0.2)
            except queue.Empty:
                assert self.process.poll() is None, f"The daemon ended:\n{self.log}"
                continue
            if told.startswith(wanted):
                return
        raise AssertionError(f"{wanted} was not told within {timeout_s:g} s:\n{self.log}")

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running process."""
        assert self._process is not None
        return self._process

    @property
    def log(self) -> str:
        """What it logged until now."""
        return (self.folder / "log").read_text()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def wait(self, timeout_s: float = END_TIMEOUT_S) -> int:
        """Wait for its end; gives its exit status."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait()
            raise AssertionError(f"The daemon did not end within {timeout_s:g} s:\n{self.log}") from None

    def stop(self) -> int:
        """SIGTERM, and wait; gives its exit status."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """kill -9."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def run_verb(self, *arguments: str, input_: str | None = None) -> "subprocess.CompletedProcess[str]":
        """Run another voxd with the same configuration to its end."""
        verb, *rest = arguments
        return subprocess.run(
            [*VOXD, verb, "-c", str(self.config), *rest],
            env=os.environ | self._environment,
            input=input_,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        """What the running daemon tells of its engines."""
        return ControlClient(self.folder / "run" / "control.sock").status()

    def run_until(self, told: Callable[[dict[str, Any]], bool], timeout_s: float = READY_TIMEOUT_S) -> dict[str, Any]:
        """Wait until its status is as wanted; gives it."""
        end_s = time.monotonic() + timeout_s
        while not told(status := self.status()):
            assert time.monotonic() < end_s, f"{status}\n{self.log}"
            time.sleep(0.1)
        return status

    def recordings(self) -> list[Path]:
        """The WAV files that outputs of kind file have written, oldest first."""
        return sorted((self.state / "recordings").rglob("*.wav"), key=lambda path: path.stat().st_mtime_ns)
