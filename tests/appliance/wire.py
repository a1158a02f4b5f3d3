"""The one wire that leads to a machine: a network of two, without a way to anywhere else."""

import os
import subprocess
from itertools import count

_numbers = count(1)


class Wire:
    """A pair of interfaces in a private network of their own (10.89.0.0/16): `ours` and `theirs` are its addresses."""

    def __init__(self, name: str) -> None:
        number = (os.getpid() * 16 + next(_numbers)) % 16384
        self._net = f"10.89.{number // 64}.{number % 64 * 4}"
        self._ours, self._theirs = f"vx{number:x}", f"vy{number:x}"
        self.name = name

    @property
    def ours(self) -> str:
        """Our address, as the machine sees us."""
        return self._address(1)

    @property
    def theirs(self) -> str:
        """The address of the machine."""
        return self._address(2)

    def connect(self, pid: int) -> None:
        """Plug it into the network namespace of that process; it is gone with that namespace."""
        inside = ("nsenter", "-t", str(pid), "-n")
        _run("ip", "link", "add", self._ours, "type", "veth", "peer", "name", self._theirs)
        _run("ip", "link", "set", self._theirs, "netns", str(pid), "name", "lan0")
        for at, name, address in (((), self._ours, self.ours), (inside, "lan0", self.theirs)):
            _run(*at, "ip", "address", "add", f"{address}/30", "dev", name)
            _run(*at, "ip", "link", "set", name, "up")

    def _address(self, last: int) -> str:
        head, _, tail = self._net.rpartition(".")
        return f"{head}.{int(tail) + last}"


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=10, capture_output=True, text=True)
