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
        for folder in self._folders:
            folder.mkdir(exist_ok=True)
        enter = "".join(f"echo $$ > {shlex.quote(str(folder))}/cgroup.procs && " for folder in self._folders)
        return ["sh", "-c", f'{enter}exec "$@"', "sh", *command]

    def remove(self) -> None:
        """Remove what is left of it, once its processes are gone."""
        for folder in self._folders:
            for path, *_ in os.walk(folder, topdown=False):
                with suppress(OSError):
                    Path(path).rmdir()


def _hierarchies() -> list[Path]:
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [Path(at) for _, at, kind, how, *_ in mounts if kind == "cgroup2" or "name=systemd" in how.split(",")]
