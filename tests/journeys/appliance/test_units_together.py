"""Units beside voxd.service: an engine host, another instance, the socket unit, the timer that tidies."""

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


def within(machine: Machine, unit: str, script: str) -> str:
    """What a script tells that sees the files and the network that a unit sees."""
    pid = machine.show(unit, "MainPID")["MainPID"]
    return machine.run("nsenter", "-t", pid, "-m", "-n", "sh", "-c", script, check=False).stdout


def test_all_daemons_of_a_machine_speak_with_the_same_host(machine: Machine) -> None:
    until(lambda: state_of_engine(machine) == "ready", machine)
    until(lambda: state_of_engine(machine, "--instance", "den") == "ready", machine)
    for number, instance in enumerate(((), ("--instance", "den"))):
        machine.run("voxd", "say", *instance, "--voice", "anna", "-o", f"/tmp/{number}.wav", "Somebody is at the door.")
    assert len(list(machine.path("/tmp").glob("?.wav"))) == 2
    assert machine.path("/var/lib/voxd-den/journal.sqlite").is_file()


def test_the_host_is_shown_its_models_and_nothing_of_the_house(machine: Machine) -> None:
    machine.shell("install -d -o voxd /var/lib/voxd/models && systemctl restart voxd-engine@sine")
    assert within(machine, "voxd-engine@sine", "ls /var/lib/voxd").split() == ["models"]
    assert within(machine, "voxd-engine@sine", "ls /var/cache/voxd").split() == ["embeddings", "engines"]
    assert "Read-only" in within(machine, "voxd-engine@sine", "touch /var/lib/voxd/models/mine 2>&1")
    assert within(machine, "voxd-engine@sine", "tail -n +3 /proc/net/dev | cut -d: -f1").split() == ["lo"]


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


def test_the_timer_has_the_house_tidied(machine: Machine) -> None:
    machine.shell(
        "cd /var/cache/voxd && install -d -o voxd engines/former && touch -d '3 months ago' engines/former &&"
        "systemctl enable --now voxd-tidy.timer && systemctl start voxd-tidy"
    )
    assert "Compiled by engines that are gone: 1 removed" in machine.journal("voxd-tidy")
    assert machine.show("voxd-tidy.timer", "ActiveState")["ActiveState"] == "active"


def test_with_the_socket_unit_the_first_client_starts_voxd(machine: Machine) -> None:
    machine.run("systemctl", "stop", "voxd")
    machine.run("systemctl", "start", "voxd.socket")
    ask = "import socket; s = socket.create_connection(('127.0.0.1', 10200), 30);"
    ask += 's.sendall(b\'{"type": "describe"}\\n\'); print(s.makefile().readline())'
    assert json.loads(machine.run("python3", "-c", ask).stdout)["type"] == "info"
    assert machine.show("voxd", "ActiveState")["ActiveState"] == "active"
    held = machine.shell("ls /proc/$(systemctl show -P MainPID voxd)/fd | wc -l")
    machine.run("systemctl", "restart", "voxd")
    assert json.loads(machine.run("python3", "-c", ask).stdout)["type"] == "info"
    assert abs(int(machine.shell("ls /proc/$(systemctl show -P MainPID voxd)/fd | wc -l")) - int(held)) <= 3
