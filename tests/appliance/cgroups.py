"""A control group of one's own for a container: what it makes of it is nobody else's."""

import os
import shlex
from contextlib import suppress
from pathlib import Path


class ControlGroup:
    """A group of this name in each hierarchy that a systemd works with: v2, and v1's own where there is one."""

    def __init__(self, name: str) -> None:
        self._folders = [mounted / name for mounted in _hierarchies()]

    def command(self, *command: str) -> list[str]:
        """What runs a command in it."""
        _clear_away_what_killed_tests_left()
        for folder in self._folders:
            folder.mkdir(exist_ok=True)
        enter = "".join(f"echo $$ > {shlex.quote(str(folder))}/cgroup.procs && " for folder in self._folders)
        return ["sh", "-c", f'{enter}exec "$@"', "sh", *command]

    def remove(self) -> None:
        """Remove what is left of it, once its processes are gone."""
        for folder in self._folders:
            _remove(folder)


def _remove(folder: Path) -> None:
    for path, *_ in os.walk(folder, topdown=False):
        with suppress(OSError):
            Path(path).rmdir()


def _clear_away_what_killed_tests_left() -> None:
    """A group's name tells whose it is. One in which something runs stays."""
    for folder in (left for mounted in _hierarchies() for left in mounted.glob("voxd-*-*")):
        pid = folder.name.split("-")[1]
        if pid.isdecimal() and not Path("/proc", pid).exists():
            _remove(folder)


def _hierarchies() -> list[Path]:
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [Path(at) for _, at, kind, how, *_ in mounts if kind == "cgroup2" or "name=systemd" in how.split(",")]
