"""Machines for the journeys of the appliance: one fresh for a test, or one that the tests of a module share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from appliance.installation import install
from appliance.machine import Machine
from appliance.provisioning import provision, variables
from appliance.sound import give_file_card
from appliance.wheels import PLACE, release


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
def provisioned(tmp_path_factory: pytest.TempPathFactory, wheels: dict[str, Path]) -> Path:
    """A layer for machines: an appliance as Ansible makes it (appliance/provisioning.py), with the file card."""
    with Machine(tmp_path_factory.mktemp("provisioned"), shared=wheels) as booted:
        give_file_card(booted)
        provision(booted, variables(wheels)).succeeded()
    return booted.written
