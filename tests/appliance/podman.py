"""A Podman of the tests' own: images are kept, containers and volumes are gone when it ends."""

import fcntl
import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from roots import KEPT

HOME = KEPT / "podman"
TIMEOUT_S = 90.0
DOWNLOADED_DAYS = 14
FROM_MAKE = ("ASKED", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "NEURAL")


class Podman:
    """One at a time for all clones of this user; `scratch` is on a disk of this machine."""

    def __init__(self, scratch: Path) -> None:
        run, temporary = scratch / "run", scratch / "tmp"
        self.program = ("podman", "--root", str(HOME / "store"), "--runroot", str(run), "--tmpdir", str(temporary))
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        (HOME / "tmp").mkdir(parents=True, exist_ok=True)
        lock = self._opened.enter_context((HOME / "lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        for place in ("libpod", "volumes", "overlay-containers"):  # of one that was killed
            shutil.rmtree(HOME / "store" / place, ignore_errors=True)
        return self

    def __exit__(self, *_: object) -> None:
        with self._opened:
            self.run("rm", "--all", "--force", "--time", "0", check=False)
            self.run("image", "prune", "--force", "--filter", f"until={DOWNLOADED_DAYS * 24}h", check=False)

    @property
    def environment(self) -> dict[str, str]:
        """What it is run with: settings of its own, and nothing of the make that may run the tests."""
        ours = {"CONTAINERS_CONF": str(Path(__file__).with_name("containers.conf")), "TMPDIR": str(HOME / "tmp")}
        return {name: value for name, value in os.environ.items() if name not in FROM_MAKE} | ours

    def run(
        self, *command: str, check: bool = True, timeout_s: float = TIMEOUT_S, notify: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run it to its end; `notify` is the socket where what it starts tells that it is ready."""
        done = subprocess.run(
            [*self.program, *command],
            env=self.environment | ({"NOTIFY_SOCKET": str(notify)} if notify else {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done
