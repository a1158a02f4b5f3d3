"""A bare Debian machine, a fresh clone and the two commands of the README."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from roots import KEPT, ROOT, Root, debian, give_machine_files

pytestmark = pytest.mark.bare

BASE = KEPT / "bookworm.tar"
PACKAGES = ("make", "git", "ca-certificates")


class BareMachine:
    """A Debian root with nothing but make, git and the clone."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self._entered = Root(folder)

    def make(self, *arguments: str, timeout_s: float) -> "subprocess.CompletedProcess[str]":
        """Run make in the clone, as root."""
        return self._entered.run("make", "-C", "/root/voxd", *arguments, timeout_s=timeout_s)


def base_tar() -> Path:
    """A minimal Debian 12, made once and kept."""
    if not BASE.exists():
        unfinished = BASE.with_name("unfinished.tar")
        debian("bookworm", PACKAGES, unfinished)
        unfinished.replace(BASE)
    return BASE


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareMachine]:
    root = tmp_path_factory.mktemp("bare")
    subprocess.run(["tar", "-xf", base_tar(), "-C", root], check=True, timeout=120)
    give_machine_files(root)
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
