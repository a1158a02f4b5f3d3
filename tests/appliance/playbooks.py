"""Ansible's playbooks, run against machines of the tests as an owner runs them against his."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roots import ROOT

from appliance.machine import Machine

PLUGINS = Path(__file__).with_name("connection")
ANSIBLE = ROOT / "ansible"
HOST = "appliance"
TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True)
class Play:
    """How a playbook ended."""

    status: int
    told: str

    def count(self, what: str) -> int:
        """A figure of the recap: ok, changed, unreachable, failed, skipped, rescued, ignored."""
        found = re.search(rf"^{HOST} .*\b{what}=(\d+)", self.told, re.MULTILINE)
        assert found, self.told[-10_000:]
        return int(found[1])

    def succeeded(self) -> "Play":
        """Itself; a play that failed fails the test."""
        assert self.status == 0, self.told[-20_000:]
        return self


def play(
    machine: Machine,
    playbook: Path,
    variables: Mapping[str, Any] | None = None,
    *options: str,
    timeout_s: float = TIMEOUT_S,
) -> Play:
    """Run a playbook against a machine, with these variables of its inventory; `options` are ansible-playbook's own."""
    inventory = machine.folder / "inventory.json"
    inventory.write_text(json.dumps({"voxd": {"hosts": {HOST: _host(machine) | dict(variables or {})}}}))
    program = Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [program, "--inventory", inventory, *options, playbook],
        cwd=playbook.parent,
        env=os.environ | _environment(machine),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return Play(done.returncode, done.stdout)


def _host(machine: Machine) -> dict[str, Any]:
    return {
        "ansible_connection": "machine",
        "ansible_user": "root",
        "ansible_machine_command": machine.command(),
        "ansible_python_interpreter": "/usr/bin/python3",
    }


def _environment(machine: Machine) -> dict[str, str]:
    return {
        "ANSIBLE_CONNECTION_PLUGINS": str(PLUGINS),
        "ANSIBLE_HOME": str(machine.folder / "ansible"),
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORCE_COLOR": "0",
    }
