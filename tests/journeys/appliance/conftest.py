"""Machines for the journeys of the appliance: one fresh for a test, or one that the tests of a module share."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from appliance.installation import install
from appliance.machine import Machine
from appliance.provisioning import provision, variables
from appliance.sound import give_file_card
from appliance.wheels import PLACE, release
from roots import ROOT


@pytest.fixture(scope="session", autouse=True)
def needs_root() -> None:
    """Machines are mounted, wired and booted."""
    if os.geteuid() != 0:
        pytest.skip("booting a machine needs root")


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What a machine shares with us, for `Machine(shared=wheels)`: at PLACE a release of this clone."""
    return {PLACE: release(tmp_path_factory.mktemp("release") / "wheelhouse")}


@pytest.fixture
def machine(tmp_path: Path, wheels: dict[str, Path]) -> Iterator[Machine]:
    """A bare Debian machine, booted; nothing of voxd is installed."""
    with Machine(tmp_path / "machine", shared=wheels) as booted:
        yield booted


@pytest.fixture(scope="module")
def shared_machine(tmp_path_factory: pytest.TempPathFactory, wheels: dict[str, Path]) -> Iterator[Machine]:
    """Such a machine for all tests of a module, in their order."""
    with Machine(tmp_path_factory.mktemp("machine"), shared=wheels) as booted:
        yield booted


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory, wheels: dict[str, Path]) -> Path:
    """A layer for machines: voxd and its units, installed by hand and not started (appliance/installation.py)."""
    with Machine(tmp_path_factory.mktemp("installed"), shared=wheels) as booted:
        install(booted, PLACE)
    return booted.written


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This clone as it is now: nobody works on it while the tests run."""
    folder = tmp_path_factory.mktemp("source")
    for name in ("voxd", "systemd", "config"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="session")
def provisioned(tmp_path_factory: pytest.TempPathFactory, wheels: dict[str, Path], source: Path) -> Path:
    """A layer for machines: an appliance as Ansible makes it (appliance/provisioning.py), with the file card."""
    with Machine(tmp_path_factory.mktemp("provisioned"), shared=wheels) as booted:
        give_file_card(booted)
        provision(booted, variables(wheels, voxd_source=str(source))).succeeded()
    return booted.written
