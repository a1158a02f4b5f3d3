"""Units beside voxd.service: an engine host, another instance, and the one of a desktop session."""

import json
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from appliance.machine import Machine
from roots import ROOT

pytestmark = pytest.mark.appliance

OURS = "/opt/ours"
"""Where the machine sees our own packages, the neural ones among them: those that it lacks are taken from there."""
PACKAGES = "/opt/voxd/current/lib/python3.11/site-packages"
SINE = {"type": "python", "model": "models_for_tests:SineModel", "process": "unit"}
SETTINGS = {
    "mqtt": {"enabled": False},
    "engines": {"espeak": {"type": "espeak"}, "sine": SINE},
    "voices": {"anna": {"engine": "sine", "speaker": "anna", "language": "en"}},
    "zones": {"home": {"outputs": "file"}},
}
DEN = SETTINGS | {"wyoming": {"port": 10201}, "satellite": {"enabled": False}}
PATIENCE_S = 30.0
WITHOUT_PAM = "[Service]\nPAMName=\nEnvironment=XDG_RUNTIME_DIR=/run/user/%i\n"
"""A session as it is with libpam-systemd, which the machine lacks."""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Iterator[Machine]:
    """voxd, another instance of it, and the host of the engine sine."""
    ours = {OURS: Path(sysconfig.get_path("purelib"))}
    with Machine(tmp_path_factory.mktemp("machine"), layers=[installed], shared=ours) as booted:
        booted.write(f"{PACKAGES}/ours.pth", f"{OURS}\n")
        booted.write(f"{PACKAGES}/models_for_tests.py", (ROOT / "tests" / "models_for_tests.py").read_text())
        for name, settings in (("voxd", SETTINGS), ("den", DEN)):
            booted.write(f"/etc/voxd/{name}.yaml", yaml.safe_dump(settings))
        begun = booted.run("systemctl", "enable", "--now", "voxd-engine@sine", "voxd", "voxd@den", check=False)
        assert begun.returncode == 0, booted.journal()[-8000:]
        yield booted


def until(true: Callable[[], bool], machine: Machine) -> None:
    """Wait for it to become true."""
    end_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end_s, machine.journal()[-8000:]
        time.sleep(0.2)


def state_of_engine(machine: Machine, *instance: str) -> str:
    told = machine.run("voxd", "status", "--json", *instance, check=False)
    return str(json.loads(told.stdout)["engines"]["sine"]["state"]) if told.returncode == 0 else ""


def test_all_daemons_of_a_machine_speak_with_the_same_host(machine: Machine) -> None:
    until(lambda: state_of_engine(machine) == "ready", machine)
    until(lambda: state_of_engine(machine, "--instance", "den") == "ready", machine)
    for number, instance in enumerate(((), ("--instance", "den"))):
        machine.run("voxd", "say", *instance, "--voice", "anna", "-o", f"/tmp/{number}.wav", "Somebody is at the door.")
    assert len(list(machine.path("/tmp").glob("?.wav"))) == 2
    assert machine.path("/var/lib/voxd-den/journal.sqlite").is_file()


def test_a_host_that_is_killed_comes_back_and_the_daemon_stays(machine: Machine) -> None:
    until(lambda: state_of_engine(machine) == "ready", machine)
    before = machine.show("voxd", "MainPID", "NRestarts")
    machine.run("systemctl", "kill", "-s", "KILL", "voxd-engine@sine")
    until(lambda: machine.show("voxd-engine@sine", "ActiveState")["ActiveState"] == "active", machine)
    until(lambda: state_of_engine(machine) == "ready", machine)
    assert machine.show("voxd", "MainPID", "NRestarts") == before


def test_the_drop_in_for_a_graphics_card_does_no_harm_where_there_is_none(machine: Machine) -> None:
    drop_in = ROOT / "systemd/drop-ins/voxd-engine@.service.d/nvidia.conf"
    machine.write("/etc/systemd/system/voxd-engine@.service.d/nvidia.conf", drop_in.read_text())
    machine.shell("systemctl daemon-reload && systemctl restart voxd-engine@sine")
    until(lambda: state_of_engine(machine) == "ready", machine)


def test_a_session_has_a_voxd_of_its_own_beside_the_machines(machine: Machine) -> None:
    machine.write("/usr/lib/systemd/user/voxd.service", (ROOT / "systemd/user/voxd.service").read_text())
    machine.write("/etc/systemd/system/user@.service.d/without-pam.conf", WITHOUT_PAM)
    machine.shell("useradd -m -u 1000 ann && systemctl daemon-reload && systemctl start user@1000")
    place = "/home/ann/.config/voxd/voxd.yaml"
    machine.write(place, yaml.safe_dump(DEN | {"wyoming": {"port": 10202}}))
    environment = ("XDG_RUNTIME_DIR=/run/user/1000", "HOME=/home/ann", f"VOXD_CONFIG={place}")
    ann = ("runuser", "-u", "ann", "--", "env", *environment)
    machine.shell("chown -R ann: /home/ann")
    machine.run(*ann, "systemctl", "--user", "set-environment", f"VOXD_CONFIG={place}")
    begun = machine.run(*ann, "systemctl", "--user", "start", "voxd", check=False)
    assert begun.returncode == 0, begun.stdout + machine.journal()[-6000:]
    machine.run(*ann, "voxd", "say", "--no-wait", "Hello, Ann")
    until(lambda: bool(list(machine.path("/home/ann/.local/state/voxd/recordings").glob("*.wav"))), machine)
    machine.run(*ann, "systemctl", "--user", "restart", "voxd")
    assert machine.path("/run/user/1000/voxd/control.sock").exists()
