"""The playbook on a bare machine: it looks before it changes, upgrades, goes back by itself, leaves nothing."""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from appliance.debian import bare_root
from appliance.machine import Machine
from appliance.playbooks import ANSIBLE, Play, play
from appliance.provisioning import BROKER_PORT, NODE, password, provision, variables
from appliance.speaking import RECORDINGS
from appliance.wheels import BROKEN, release
from brokers import Peer

pytestmark = pytest.mark.appliance

WITHIN_S = 60.0
ANNOUNCEMENTS = 100
PACE_S = 0.3
CARD = "0000:01:00.0"
SETTINGS: dict[str, Any] = {
    "zones": {"home": {"outputs": [{"type": "device"}, {"type": "file"}]}},
    "playback": {"files_kept": 1000},
    "sound": {"loudness_lufs": None},
}
"""Of every announcement there is a file of what was heard."""


@dataclass(frozen=True)
class Appliance:
    """A provisioned machine and its inventory."""

    machine: Machine
    given: dict[str, Any]

    def play(self, name: str, *options: str, **more: Any) -> Play:
        """Run one of the playbooks, with these variables on top."""
        return play(self.machine, ANSIBLE / f"{name}.yml", self.given | more, *options)

    def status(self) -> str:
        """What `voxd status` tells."""
        return self.machine.run("voxd", "status").stdout

    def process(self) -> str:
        """The daemon's."""
        return self.machine.show("voxd", "MainPID")["MainPID"]

    def settings(self) -> str:
        """What voxd reads."""
        return self.machine.path("/etc/voxd/voxd.yaml").read_text()

    def releases(self) -> set[str]:
        """The versions that are installed."""
        return {folder.name.partition("-")[0] for folder in self.machine.path("/opt/voxd/releases").iterdir()}

    def history(self) -> list[dict[str, Any]]:
        """What was announced and what became of it."""
        told: list[dict[str, Any]] = json.loads(self.machine.run("voxd", "history", "--json", "--limit", "1000").stdout)
        return told

    @contextmanager
    def hub(self) -> Iterator[Peer]:
        """Home Assistant, at the broker of the machine."""
        ca = self.machine.folder / "ca.crt"
        ca.write_text(self.machine.path("/etc/voxd/broker-ca.crt").read_text())
        user = {"username": "homeassistant", "password": password("homeassistant")}
        with Peer(BROKER_PORT, host=self.machine.address, ca=ca, **user) as peer:
            yield peer


@pytest.fixture(scope="module")
def appliance(
    tmp_path_factory: pytest.TempPathFactory, provisioned: Path, wheels: dict[str, Path], source: Path
) -> Iterator[Appliance]:
    with Machine(tmp_path_factory.mktemp("machine"), layers=[provisioned], shared=wheels) as booted:
        more = {"voxd_source": str(source), "voxd_broker_names": [booted.address], "voxd_settings": SETTINGS}
        given = variables(wheels, **more)
        provision(booted, given).succeeded()
        yield Appliance(booted, given)


def until(condition: Callable[[], object], otherwise: Callable[[], str]) -> None:
    """Wait until it holds."""
    end_s = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < end_s, otherwise()
        time.sleep(0.2)


@contextmanager
def nvidia_card(machine: Machine, driver: str = "") -> Iterator[None]:
    """The machine has a graphics card on its bus, and files as that version of NVIDIA's driver has them."""
    machine.write(f"/srv/pci/{CARD}/vendor", "0x10de\n")
    machine.write(f"/srv/pci/{CARD}/class", "0x030000\n")
    machine.run("mount", "--bind", "/srv/pci", "/sys/bus/pci/devices")
    if driver:
        told = f'case "$1" in *driver_version*) echo {driver} ;; *compute_cap*) echo 8.9 ;; esac\n'
        machine.write("/usr/local/bin/nvidia-smi", f"#!/bin/sh\n{told}", 0o755)
        machine.run("touch", "/dev/nvidiactl")
    try:
        yield
    finally:
        machine.run("umount", "/sys/bus/pci/devices")
        machine.run("rm", "-rf", "/srv/pci", "/dev/nvidiactl", "/usr/local/bin/nvidia-smi")


@contextmanager
def other_debian(machine: Machine) -> Iterator[None]:
    """The machine says that it is Debian 11."""
    file = machine.path("/etc/debian_version")
    true = file.read_text()
    file.write_text("11.9\n")
    try:
        yield
    finally:
        file.write_text(true)


@contextmanager
def squatter(machine: Machine, port: int) -> Iterator[None]:
    """Somebody else listens on a port."""
    server = ("python3", "-m", "http.server", str(port))
    machine.run("systemd-run", "--unit=squatter", "--collect", *server)
    until(lambda: f":{port} " in machine.run("ss", "-ltn").stdout, lambda: machine.journal("squatter"))
    try:
        yield
    finally:
        machine.run("systemctl", "stop", "squatter")


def test_a_provisioned_machine_runs_voxd_from_its_boot_on(appliance: Appliance) -> None:
    assert appliance.machine.show("voxd", "ActiveState", "UnitFileState") == {
        "ActiveState": "active",
        "UnitFileState": "enabled",
    }
    appliance.machine.run("voxd", "say", "The appliance speaks")
    assert appliance.history()[0]["state"] == "finished"
    assert appliance.machine.show("voxd-tidy.timer", "ActiveState") == {"ActiveState": "active"}


def test_a_second_run_changes_nothing(appliance: Appliance) -> None:
    process = appliance.process()
    assert appliance.play("site", "--check").succeeded().count("changed") == 0
    assert appliance.play("site").succeeded().count("changed") == 0
    assert appliance.process() == process


def test_a_run_that_was_broken_off_is_brought_to_its_end_by_the_next(appliance: Appliance) -> None:
    machine, process, home = appliance.machine, appliance.process(), "/opt/voxd"
    ran = machine.run("readlink", f"{home}/current").stdout.strip()
    machine.shell(f"ln -s {ran} {home}/unfinished; ln -sfn {home}/releases/half {home}/current")
    machine.write("/etc/systemd/system/voxd.service.d/late.conf", "[Unit]\nDescription=Written and never read\n")
    appliance.play("site").succeeded()
    assert machine.run("readlink", f"{home}/current").stdout.strip() == ran
    assert not machine.path(f"{home}/unfinished").is_symlink()
    assert machine.show("voxd", "Description", "NeedDaemonReload") == {
        "Description": "Written and never read",
        "NeedDaemonReload": "no",
    }
    assert appliance.process() != process
    machine.path("/etc/systemd/system/voxd.service.d/late.conf").unlink()


def test_settings_with_mistakes_replace_nothing_and_every_mistake_is_told(appliance: Appliance) -> None:
    process, settings = appliance.process(), appliance.settings()
    wrong = SETTINGS | {"mqtt": {"prot": 1883}, "log": {"level": "chatty"}}
    done = appliance.play("site", voxd_settings=wrong)
    assert done.status != 0
    assert "mqtt.prot: is no option; did you mean port?" in done.told
    assert "log.level: must be" in done.told
    assert (appliance.process(), appliance.settings()) == (process, settings)


def test_the_preflight_names_all_that_is_wrong_before_anything_is_changed(appliance: Appliance) -> None:
    machine = appliance.machine
    wrong = {
        "voxd_neural": "auto",
        "voxd_clock_off_max_s": -1,
        "voxd_voices": "/no/such/folder",
        "voxd_sound_card": "PCH",
        "voxd_settings": {"wyoming": {"port": 10299}, "mqtt": {"password": "open sesame"}},
    }
    with nvidia_card(machine), other_debian(machine), squatter(machine, 10299):
        done = appliance.play("site", **wrong)
    assert done.status != 0
    assert done.count("changed") == 0
    for name in ("debian: it is Debian 11.9", "ports: 10299 is taken by python3", "clock: its clock is"):
        assert f"- {name}" in done.told
    for name in (
        "secrets: mqtt.password",
        "sound: no sound card is called PCH; there is none",
        "voices: voxd_voices, /no/such/folder",
        f"gpu: there is an NVIDIA card ({CARD})",
    ):
        assert f"- {name}" in done.told
    assert "no driver is loaded" in done.told
    assert "- wheelhouse: " in done.told
    assert "open sesame" not in done.told


def test_the_same_playbook_chooses_the_cuda_lock_on_a_host_with_nvidias_driver(appliance: Appliance) -> None:
    downloading = {"voxd_wheelhouse": "", "voxd_neural": "auto", "voxd_preflight_ignore": ["disk"]}
    with nvidia_card(appliance.machine, "580.95.05"):
        told = appliance.play("site", "--check", **downloading).succeeded().told
    assert "neural part: cuda, from config/locks/cuda.txt" in told
    told = appliance.play("site", "--tags=preflight", **downloading).succeeded().told
    assert "neural part: cpu, from config/locks/cpu.txt" in told


def test_a_driver_too_old_for_the_lock_is_told(appliance: Appliance) -> None:
    with nvidia_card(appliance.machine, "535.261.03"):
        done = appliance.play("site", "--tags=preflight", voxd_wheelhouse="", voxd_neural="auto")
    assert done.status != 0
    assert "- driver: NVIDIA's driver is 535.261.03; what voxd installs needs 580" in done.told


def test_a_deliberately_broken_release_rolls_back_by_itself(appliance: Appliance, tmp_path: Path) -> None:
    before, settings, releases = appliance.status(), appliance.settings(), appliance.releases()
    broken = release(tmp_path / "broken", "0.3.0", BROKEN)
    done = appliance.play("site", voxd_wheelhouse=str(broken), voxd_settings=SETTINGS | {"log": {"level": "debug"}})
    assert done.status != 0
    assert done.count("rescued") == 1
    assert "is not well. Run voxd" in done.told
    assert "Back at voxd 0.1.0-" in done.told
    assert "This release is broken on purpose" in done.told
    assert (appliance.status(), appliance.settings(), appliance.releases()) == (before, settings, releases)


def test_an_upgrade_during_a_stream_of_announcements_loses_none(appliance: Appliance, tmp_path: Path) -> None:
    for recording in recordings(appliance):
        recording.unlink()
    appliance.given["voxd_wheelhouse"] = str(release(tmp_path / "next", "0.2.0"))
    said: list[str] = []
    with ThreadPoolExecutor(1) as pool, appliance.hub() as hub:
        upgrade = pool.submit(appliance.play, "site")
        while not upgrade.done() or len(said) < ANNOUNCEMENTS:
            said.append(f"Number {len(said)}")
            hub.publish(f"voxd/{NODE}/say", said[-1])
            time.sleep(PACE_S)
        upgrade.result().succeeded()
    until(lambda: set(said) <= ended(appliance), lambda: str(set(said) - ended(appliance)))
    told = Counter(past["text"] for past in appliance.history() if past["text"] in set(said))
    assert told == Counter(said)
    assert len(recordings(appliance)) == len(said)
    assert "(voxd 0.2.0)" in appliance.status()
    assert appliance.releases() == {"0.1.0", "0.2.0"}


def recordings(appliance: Appliance) -> list[Path]:
    """The files of what was heard."""
    return list(appliance.machine.path(RECORDINGS).rglob("*.wav"))


def ended(appliance: Appliance) -> set[str]:
    """The texts that were heard to their end."""
    return {past["text"] for past in appliance.history() if past["state"] == "finished"}


def test_the_owner_goes_back_to_the_release_before(appliance: Appliance) -> None:
    appliance.play("rollback").succeeded()
    assert "(voxd 0.1.0)" in appliance.status()


def test_a_removal_that_keeps_the_state_keeps_nothing_else(appliance: Appliance) -> None:
    appliance.machine.shell("systemctl stop voxd; systemctl start voxd-metrics || :")  # it fails, and is remembered
    appliance.play("remove", voxd_keep_state=True).succeeded()
    machine = appliance.machine
    assert machine.path("/var/lib/voxd/journal.sqlite").exists()
    assert machine.path("/var/lib/voxd").stat().st_uid == int(machine.run("id", "-u", "voxd").stdout)
    for gone in (
        "/opt/voxd",
        "/etc/voxd",
        "/usr/local/bin/voxd",
        "/var/cache/voxd",
        "/etc/systemd/system/voxd.service",
    ):
        assert not machine.path(gone).exists(), gone


def test_removal_leaves_nothing(appliance: Appliance) -> None:
    appliance.play("remove").succeeded()
    machine = appliance.machine
    found = ("find", "/", "-xdev", "(", "-name", "*voxd*", "-o", "-nouser", "-o", "-nogroup", ")")
    assert machine.run(*found, "-not", "-path", "/var/log/journal/*").stdout == ""
    assert machine.run("getent", "passwd", "voxd", check=False).returncode != 0
    assert machine.run("getent", "group", "voxd", check=False).returncode != 0
    assert machine.run("systemctl", "list-units", "--all", "--no-legend", "voxd*").stdout == ""
    assert packages(machine) == packages(None)


def packages(machine: Machine | None) -> set[str]:
    """The Debian packages that are installed there, or in the root that every machine begins as."""
    query = ("dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n")
    if machine:
        told = machine.run(*query).stdout
    else:
        options = (f"--admindir={bare_root() / 'var/lib/dpkg'}", *query[1:])
        told = subprocess.run([query[0], *options], capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in told.splitlines() if line.endswith(" installed")}
