"""Programs of the tests, run under the hardening of a unit in place of voxd."""

import json
from pathlib import Path

import numpy

from appliance.machine import Machine

TESTS = Path(__file__).parent.parent
PACKAGES = Path(numpy.__file__).parent.parent
OURS = "/srv/tests"
NEURAL = "/srv/neural"
SHARED = {OURS: TESTS, NEURAL: PACKAGES}
"""What a machine shares with us for this: our tests, and our packages, among them those of the neural part."""
PROBE = f"{OURS}/appliance/probe.py"
PYTHON = "/opt/voxd/current/bin/python"
TIMEOUT_S = 120.0


def run_as(machine: Machine, unit: str, command: str, more: str = "") -> str:
    """What a command tells that runs once as `unit` would have voxd run; `more` lines change the unit.

    `unit` is voxd.service, or voxd-engine@.service, of which an instance of our own is taken.
    """
    name = unit.replace("@.", "@probe.") if "@" in unit else "voxd-probe.service"
    if "@" not in unit:
        text = machine.path(f"/usr/lib/systemd/system/{unit}").read_text()
        machine.write(f"/etc/systemd/system/{name}", text)
    told = f"/run/told-{name}"
    once = "Type=oneshot\nRestart=no\nWatchdogSec=0\nExecStopPost=\nExecStart="
    machine.write(
        f"/etc/systemd/system/{name}.d/probe.conf",
        f"[Service]\n{once}\nExecStart={command}\nStandardOutput=truncate:{told}\n{more}\n",
    )
    machine.run("systemctl", "daemon-reload")
    done = machine.run("systemctl", "start", name, timeout_s=TIMEOUT_S, check=False)
    assert done.returncode == 0, machine.journal(name)
    return machine.path(told).read_text()


def tried(machine: Machine, unit: str, *wanted: str, more: str = "") -> dict[str, str]:
    """What comes of trying these in a unit, as probe.py has it: ok, or the name of the error."""
    outcomes: dict[str, str] = json.loads(run_as(machine, unit, _probe(*wanted), more))
    return outcomes


def tried_outside(machine: Machine, *wanted: str) -> dict[str, str]:
    """What comes of it where no unit forbids anything."""
    outcomes: dict[str, str] = json.loads(machine.run(PYTHON, PROBE, *wanted).stdout)
    return outcomes


def _probe(*wanted: str) -> str:
    return f"{PYTHON} {PROBE} " + " ".join(f'"{one}"' for one in wanted)
