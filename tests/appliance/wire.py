"""The one wire that leads to a machine: a network of two, without a way to anywhere else."""

import os
import subprocess
from itertools import count

_numbers = count(1)
PRIVATE, PUBLIC = "10.89", "198.18"
"""The latter belongs to nobody on the internet (RFC 2544)."""


class Wire:
    """A pair of interfaces in a private network of their own (10.89.0.0/16): `ours` and `theirs` are its addresses."""

    def __init__(self, name: str) -> None:
        number = (os.getpid() * 16 + next(_numbers)) % 16384
        self._net = f"{number // 64}.{number % 64 * 4}"
        self._ours, self._theirs = f"vx{number:x}", f"vy{number:x}"
        self.name = name

    @property
    def ours(self) -> str:
        """Our address, as the machine sees us."""
        return self._address(PRIVATE, 1)

    @property
    def theirs(self) -> str:
        """The address of the machine."""
        return self._address(PRIVATE, 2)

    @property
    def ours_in_public(self) -> str:
        """Our address once the wire was widened."""
        return self._address(PUBLIC, 1)

    def connect(self, pid: int) -> None:
        """Plug it into the network namespace of that process; it is gone with that namespace."""
        _run("ip", "link", "add", self._ours, "type", "veth", "peer", "name", self._theirs)
        _run("ip", "link", "set", self._theirs, "netns", str(pid), "name", "lan0")
        self._give_addresses(pid, PRIVATE)

    def widen(self, pid: int) -> None:
        """Give both ends an address that is not private, as if we were the internet."""
        self._give_addresses(pid, PUBLIC)

    def _give_addresses(self, pid: int, network: str) -> None:
        inside = ("nsenter", "-t", str(pid), "-n")
        for at, name, last in (((), self._ours, 1), (inside, "lan0", 2)):
            _run(*at, "ip", "address", "add", f"{self._address(network, last)}/30", "dev", name)
            _run(*at, "ip", "link", "set", name, "up")

    def _address(self, network: str, last: int) -> str:
        third, _, fourth = self._net.partition(".")
        return f"{network}.{third}.{int(fourth) + last}"


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=10, capture_output=True, text=True)
