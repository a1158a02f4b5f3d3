"""A machine of its own for a test: a Debian root over which it writes, booted under systemd by systemd-nspawn."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Self

from appliance.cgroups import ControlGroup
from appliance.debian import bare_root
from appliance.overlay import overlay
from appliance.wire import Wire

BOOT_TIMEOUT_S = 60.0
OFF_TIMEOUT_S = 90.0
STEP_S = 0.05
RUN_TIMEOUT_S = 60.0
KILL_AFTER_S = 5.0
POWER_OFF = signal.SIGRTMIN + 4
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = ("env", "-i", f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8")
_numbers = count(1)


class Machine:
    """Begins as the bare Debian and keeps what is written to it over `reboot`; use it as a context manager.

    `layers` are folders laid over the bare root, the topmost first, such as the `written` of a machine that is off:
    what was provisioned once can be booted many times. `shared` are folders of this machine, by the places that it
    reads them at.
    """

    def __init__(self, folder: Path, *, layers: Iterable[Path] = (), shared: Mapping[str, Path] | None = None) -> None:
        self.name = f"voxd-{os.getpid()}-{next(_numbers)}"
        self.written = folder / "written"
        """What differs from the layers below."""
        self.wire = Wire(self.name)
        self.folder = folder
        self._layers = [*layers, bare_root()]
        self._shared = dict(shared or {})
        self._group = ControlGroup(self.name)
        self._mounted = ExitStack()
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._leader = 0

    @property
    def leader(self) -> int:
        """The pid of its init, as seen from here."""
        assert self._leader, "the machine is off"
        return self._leader

    @property
    def address(self) -> str:
        """Where it is reached from here, in a private network."""
        return self.wire.theirs

    @property
    def console(self) -> str:
        """What its boots told on the console."""
        return (self.folder / "console").read_text(errors="replace")

    def __enter__(self) -> Self:
        self._root = self._mounted.enter_context(overlay(self.folder, self._layers))
        try:
            self.boot()
        except BaseException:
            self._dismantle()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._dismantle()

    def boot(self) -> None:
        """Boot; return once systemd has reached its default target. It is shut down when the calling thread ends."""
        told = self.folder / "notify"
        told.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified, (self.folder / "console").open("ab") as log:
            notified.bind(str(told))
            notified.settimeout(1.0)
            self._nspawn = subprocess.Popen(
                self._command(),
                env=os.environ | {"NOTIFY_SOCKET": str(told), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            self._wait_for_ready(notified)
        self.wire.connect(self._leader)

    def power_off(self) -> None:
        """Shut down in good order; what does not end in time is killed."""
        if self._nspawn is None:
            return
        if self._leader:
            os.kill(self._leader, POWER_OFF)
        try:
            self._nspawn.wait(OFF_TIMEOUT_S if self._leader else 0.1)
        except subprocess.TimeoutExpired:
            if self._leader:
                os.kill(self._leader, signal.SIGKILL)  # and so everything in it
            self._nspawn.kill()
            self._nspawn.wait(OFF_TIMEOUT_S)
        self._nspawn, self._leader = None, 0
        self._group.remove()

    def reboot(self) -> None:
        """Shut down and boot again."""
        self.power_off()
        self.boot()

    def path(self, inside: str) -> Path:
        """Where we find a file of the running machine, to read or to write it."""
        return Path(f"/proc/{self.leader}/root/{inside.removeprefix('/')}")

    def write(self, inside: str, text: str, mode: int = 0o644) -> None:
        """Write a file of root's, with the folders that it needs."""
        file = self.path(inside)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def command(self, *command: str) -> list[str]:
        """What runs a command in it as root, with an environment of its own."""
        return ["nsenter", "-t", str(self.leader), "-a", "--", *ENVIRONMENT, *command]

    def run(
        self, *command: str, timeout_s: float = RUN_TIMEOUT_S, check: bool = True, stdin: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end, with everything that it tells in its stdout; a failure fails the test.

        What takes longer is ended there, with status 124: killing nsenter would leave its child alive.
        """
        done = subprocess.run(
            self.command("timeout", f"--kill-after={KILL_AFTER_S:g}", f"{timeout_s:g}", *command),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s + 2 * KILL_AFTER_S,
            check=False,
        )
        assert not check or done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout[-10_000:]}"
        return done

    def shell(self, script: str, timeout_s: float = RUN_TIMEOUT_S) -> str:
        """What a script of sh tells, which must succeed."""
        return self.run("sh", "-euc", script, timeout_s=timeout_s).stdout

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """Properties of a unit, such as ActiveState, MainPID, NRestarts."""
        told = self.run("systemctl", "show", unit, f"--property={','.join(properties)}").stdout
        return dict(line.split("=", 1) for line in told.splitlines() if "=" in line)

    def journal(self, unit: str = "") -> str:
        """What a unit, or all, have written to the journal."""
        return self.run("journalctl", "--no-pager", "-o", "short-precise", *(("-u", unit) if unit else ())).stdout

    def _command(self) -> list[str]:
        # tests that are killed leave no machine: nspawn has it shut down then
        tied = ("setpriv", "--pdeathsig", "TERM")
        whole = ("systemd-nspawn", "-q", "-b", "-D", str(self._root), f"--machine={self.name}", "--hostname=appliance")
        # without bpf the machine's systemd silently enforces neither DeviceAllow= nor IPAddressDeny=
        may = ("--capability=all", "--system-call-filter=bpf", "--private-network", "--resolv-conf=off")
        told = ("--register=no", "--keep-unit", "--notify-ready=yes", "--console=pipe")
        binds = [f"--bind-ro={ours}:{theirs}" for theirs, ours in self._shared.items()]
        return self._group.command(*tied, *whole, *may, *told, *binds)

    def _wait_for_ready(self, notified: socket.socket) -> None:
        assert self._nspawn is not None
        end_s = time.monotonic() + BOOT_TIMEOUT_S
        while True:
            assert self._nspawn.poll() is None, f"It does not boot:\n{self.console}"
            assert time.monotonic() < end_s, f"It does not boot in time:\n{self.console}"
            try:
                lines = notified.recv(65536).decode().splitlines()
            except TimeoutError:
                continue
            for line in lines:
                if line.startswith("X_NSPAWN_LEADER_PID="):
                    self._leader = int(line.partition("=")[2])
            if "READY=1" in lines:
                return

    def _dismantle(self) -> None:
        with self._mounted:
            self.power_off()
