"""Two machines on one wire, as network namespaces: what listens in one is looked for from the other. Needs root."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Space:
    """A network namespace with one interface, eth0."""

    name: str

    @property
    def inside(self) -> tuple[str, ...]:
        """What goes before a command that runs in it."""
        return ("ip", "netns", "exec", self.name)

    def add(self, address: str, interface: str = "eth0") -> None:
        """Give it one more address."""
        nodad = ("nodad",) if ":" in address else ()
        _ip("-n", self.name, "addr", "add", address, "dev", interface, *nodad)

    def take(self, address: str) -> None:
        """Take one away."""
        _ip("-n", self.name, "addr", "del", address, "dev", "eth0")

    def add_interface(self, name: str) -> None:
        """Give it one more interface, to which nothing is connected."""
        _ip("-n", self.name, "link", "add", name, "type", "bridge")
        _ip("-n", self.name, "link", "set", name, "up")

    def cut(self) -> None:
        """Pull its plug."""
        _ip("-n", self.name, "link", "set", "eth0", "down")

    def mend(self) -> None:
        """Plug it in again."""
        _ip("-n", self.name, "link", "set", "eth0", "up")


@contextmanager
def two_spaces() -> Iterator[tuple[Space, Space]]:
    """Both, with a wire between them and no addresses but the link's own."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    if not _root_is_mounted():
        pytest.skip("ip enters no network namespace from a chroot whose root is no mount point")
    spaces = tuple(Space(f"voxd-{os.getpid()}-{number}") for number in range(2))
    try:
        for space in spaces:
            try:
                _ip("netns", "add", space.name)
            except subprocess.CalledProcessError as error:
                pytest.skip(f"this machine allows no network namespaces: {error.stderr.strip()}")
        first, second = spaces
        ends = ("eth0", "netns", first.name, "type", "veth", "peer", "name", "eth0", "netns", second.name)
        _ip("link", "add", *ends)
        for space in spaces:
            _ip("-n", space.name, "link", "set", "lo", "up")
            _ip("-n", space.name, "link", "set", "eth0", "up")
        yield first, second
    finally:
        for space in spaces:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", space.name)


class Browser:
    """Looks for Wyoming services from within a space, as Home Assistant does; use it as a context manager."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._told: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.found: dict[str, dict[str, Any]] = {}
        """What is there now, by its name: host, addresses and port."""
        self.events: list[tuple[str, str]] = []
        """What happened to which name."""

    def __enter__(self) -> Self:
        command = (*self._space.inside, sys.executable, "-m", "tests.mdns_browser")
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self._reading = threading.Thread(target=self._read, name="browser", daemon=True)
        self._reading.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._reading.join(10)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def until(self, wanted: dict[str, set[str]], timeout_s: float = 20.0) -> None:
        """Wait until exactly these names are found, each at these addresses."""
        end_s = time.monotonic() + timeout_s
        while {name: set(one["addresses"]) for name, one in self.found.items()} != wanted:
            assert time.monotonic() < end_s, f"{wanted} is not found, but {self.found}"
            with suppress(queue.Empty):
                self._take(json.loads(self._told.get(timeout=0.1)))

    def _take(self, event: dict[str, Any]) -> None:
        self.events.append((event["what"], event["name"]))
        if event["what"] == "Removed":
            self.found.pop(event["name"], None)
        else:
            self.found[event["name"]] = event

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._told.put(line)


def _ip(*arguments: str) -> None:
    subprocess.run(("ip", *arguments), check=True, capture_output=True, text=True)


def _root_is_mounted() -> bool:
    """See proc(5): the fifth field of a line is where it is mounted."""
    return any(line.split()[4] == "/" for line in Path("/proc/self/mountinfo").read_text().splitlines())
