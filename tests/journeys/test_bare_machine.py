"""A bare Debian machine, a fresh clone and the two commands of the README."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.bare

ROOT = Path(__file__).parent.parent.parent
KEPT = ROOT / ".run/roots/bookworm.tar"
DOWNLOADS = ROOT / ".run/roots/pip"
"""What pip downloads is kept for the next bare machine, as torch is large."""
NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
PACKAGES = "make,git,ca-certificates"
MACHINE_FILES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf", "/etc/resolv.conf", "/etc/hosts")
"""How this machine reaches its package registries is how the bare one does."""
PASSED = ("PIP_", "SSL_", "TORCH_WHEELS")


def wheelhouses() -> list[Path]:
    """The folders on this machine that pip finds wheels in."""
    named = f"{os.environ.get('PIP_FIND_LINKS', '')} {os.environ.get('TORCH_WHEELS', '')}"
    return [Path(place) for place in dict.fromkeys(named.split()) if Path(place).is_dir()]


class BareMachine:
    """A Debian root with nothing but make, git and the clone, entered by chroot in mount and pid namespaces."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.shared = [
            (DOWNLOADS, root / "root/.cache/pip"),
            *((place, self._inside(place)) for place in wheelhouses()),
        ]
        for ours, theirs in self.shared:
            ours.mkdir(parents=True, exist_ok=True)
            theirs.mkdir(parents=True, exist_ok=True)

    def _inside(self, path: Path) -> Path:
        return self.root / path.absolute().relative_to("/")

    def make(self, *arguments: str, timeout_s: float) -> "subprocess.CompletedProcess[str]":
        """Run make in the clone, as root."""
        root = str(self.root)
        mounts = "".join(
            f"mount --bind {shlex.quote(str(ours))} {shlex.quote(str(theirs))} && " for ours, theirs in self.shared
        )
        mounts += (
            'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount -t tmpfs tmpfs "$0/run" && '
            'exec chroot "$0" /usr/bin/env -i "$@"'
        )
        passed = [f"{name}={value}" for name, value in os.environ.items() if name.startswith(PASSED)]
        environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8", *passed]
        return subprocess.run(
            [*NAMESPACES, "sh", "-c", mounts, root, *environment, "make", "-C", "/root/voxd", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )


def base_tar() -> Path:
    """A minimal Debian 12, made once and kept."""
    if not KEPT.exists():
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        unfinished = KEPT.with_name("unfinished.tar")
        subprocess.run(
            ["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", unfinished],
            check=True,
            timeout=600,
        )
        unfinished.replace(KEPT)
    return KEPT


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareMachine]:
    root = tmp_path_factory.mktemp("bare")
    subprocess.run(["tar", "-xf", base_tar(), "-C", root], check=True, timeout=120)
    for file in MACHINE_FILES:
        if Path(file).exists():
            shutil.copyfile(file, root / file.removeprefix("/"))
    subprocess.run(["git", "clone", "--quiet", ROOT, root / "root/voxd"], check=True, timeout=60)
    yield BareMachine(root)
    shutil.rmtree(root, ignore_errors=True)


def test_make_run_once_announces_on_a_bare_machine(machine: BareMachine) -> None:
    done = machine.make("run", "ONCE=1", timeout_s=600)
    assert done.returncode == 0, done.stdout
    assert "MQTT broker at 127.0.0.1:" in done.stdout
    assert "Heard to its end" in done.stdout
    assert list((machine.root / "root/.local/state/voxd/recordings").rglob("*.wav"))


def test_a_second_run_installs_nothing_and_is_quick(machine: BareMachine) -> None:
    done = machine.make("run", "ONCE=1", timeout_s=60)
    assert done.returncode == 0, done.stdout
    assert "Installing" not in done.stdout


def test_make_test_passes_on_a_bare_machine(machine: BareMachine) -> None:
    done = machine.make("test", timeout_s=1800)
    assert done.returncode == 0, done.stdout[-10_000:]
    assert " passed" in done.stdout
