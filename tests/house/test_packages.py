"""Debian packages: installed where that is possible, asked for in a sentence where it is not."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
INSTALL = ROOT / "config/packages/install.sh"


class Machine:
    """A PATH of scripts that pretend to be a machine where a package is missing."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.list = folder / "packages.txt"
        self.list.write_text("espeak-ng  # speaks\nmosquitto\n")
        for name in ("cat", "sed", "grep", "env"):
            (self.bin / name).symlink_to(Path("/usr/bin", name).resolve())
        self.program("dpkg-query", '[ "$4" = mosquitto ] || [ "$3" = mosquitto ] && echo installed')

    def program(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def install(self) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": str(self.bin)}
        return subprocess.run(
            ["/bin/sh", INSTALL, self.list], env=environment, capture_output=True, text=True, check=False, timeout=20
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_root_installs_only_what_is_missing(machine: Machine) -> None:
    machine.program("id", "echo 0")
    machine.program("apt-get", 'echo "apt-get $*" >&2')
    done = machine.install()
    assert done.returncode == 0
    assert "install -y -qq --no-install-recommends espeak-ng\n" in done.stderr


def test_who_is_not_root_uses_sudo(machine: Machine) -> None:
    machine.program("id", "echo 1000")
    machine.program("apt-get", ":")
    machine.program("sudo", 'echo "sudo $*" >&2')
    done = machine.install()
    assert done.returncode == 0
    assert "sudo env DEBIAN_FRONTEND=noninteractive apt-get install" in done.stderr


def test_without_root_and_sudo_a_sentence_says_what_to_run(machine: Machine) -> None:
    machine.program("id", "echo 1000")
    machine.program("apt-get", ":")
    done = machine.install()
    assert done.returncode == 1
    assert "neither root nor is sudo here" in done.stderr
    assert "apt-get install --no-install-recommends espeak-ng" in done.stderr


def test_a_machine_without_apt_gets_the_list(machine: Machine) -> None:
    done = machine.install()
    assert done.returncode == 1
    assert "espeak-ng" in done.stderr
    assert "mosquitto" not in done.stderr


def test_the_lists_name_real_packages_once() -> None:
    lists = sorted(INSTALL.parent.glob("*.txt"))
    names = [line.split("#")[0].strip() for file in lists for line in file.read_text().splitlines()]
    named = [name for name in names if name]
    assert {"espeak-ng", "libportaudio2", "mosquitto", "libsystemd-dev"} <= set(named)
    assert len(named) == len(set(named))
    assert os.access(INSTALL, os.X_OK)
