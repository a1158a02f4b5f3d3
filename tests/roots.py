"""Debian roots that tests enter by chroot, in mount and pid namespaces: what a fresh machine is like."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
KEPT = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "voxd-tests"
"""Roots take minutes to make: they are kept for every clone of this user."""
DOWNLOADS = KEPT / "pip"
"""What pip downloads is kept for the next root, as torch is large."""
NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
MACHINE_FILES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf", "/etc/resolv.conf", "/etc/hosts")
"""How this machine reaches its package registries is how the root does."""
PASSED = ("PIP_", "SSL_", "TORCH_WHEELS")
ENVIRONMENT = ("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8")


def debian(suite: str, packages: Iterable[str], target: Path, timeout_s: float = 900) -> None:
    """Make a minimal Debian with those packages: a folder, or an archive where the name ends in .tar."""
    target.parent.mkdir(parents=True, exist_ok=True)
    include = f"--include={','.join(packages)}"
    lagging = '--aptopt=Acquire::Check-Valid-Until "false"'  # a mirror of some weeks ago is as good here
    command = ["mmdebstrap", "--variant=minbase", include, lagging, suite, str(target)]
    subprocess.run(command, check=True, timeout=timeout_s)


def give_machine_files(root: Path) -> None:
    """Let the root reach what this machine reaches."""
    for file in MACHINE_FILES:
        if Path(file).exists():
            shutil.copyfile(file, root / file.removeprefix("/"))


def wheelhouses() -> list[Path]:
    """The folders on this machine that pip finds wheels in."""
    named = f"{os.environ.get('PIP_FIND_LINKS', '')} {os.environ.get('TORCH_WHEELS', '')}"
    return [Path(place) for place in dict.fromkeys(named.split()) if Path(place).is_dir()]


class Root:
    """A Debian root; `shared` are folders of this machine by the places where it has them."""

    def __init__(self, folder: Path, shared: Mapping[str, Path] | None = None) -> None:
        self.folder = folder
        self._shared = {str(place): place for place in wheelhouses()} | {"/root/.cache/pip": DOWNLOADS}
        self._shared |= shared or {}

    def command(self, *command: str) -> list[str]:
        """What runs a command in it, as root, with nothing of this machine's environment but how to reach registries.

        The one child of that process is the command itself.
        """
        mounts = "".join(
            f"mount --bind {shlex.quote(str(ours))} {shlex.quote(self._inside(theirs))} && "
            for theirs, ours in self._places()
        )
        mounts += (
            'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount -t tmpfs tmpfs "$0/run" && '
            'exec chroot "$0" /usr/bin/env -i "$@"'
        )
        passed = [f"{name}={value}" for name, value in os.environ.items() if name.startswith(PASSED)]
        return [*NAMESPACES, "sh", "-c", mounts, str(self.folder), *ENVIRONMENT, *passed, *command]

    def run(self, *command: str, timeout_s: float) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end, with everything that it tells in its stdout."""
        return subprocess.run(
            self.command(*command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def _inside(self, path: str) -> str:
        return f"{self.folder}/{path.removeprefix('/')}"

    def _places(self) -> Iterable[tuple[str, Path]]:
        for theirs, ours in self._shared.items():
            ours.mkdir(parents=True, exist_ok=True)
            Path(self._inside(theirs)).mkdir(parents=True, exist_ok=True)
            yield theirs, ours
