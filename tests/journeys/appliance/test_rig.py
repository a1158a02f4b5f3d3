"""The machine that the journeys of the appliance begin with is bare, offline, and a real one."""

import socket
import zipfile
from pathlib import Path

import pytest
from appliance.machine import Machine
from appliance.playbooks import play
from appliance.wheels import BROKEN, release

pytestmark = pytest.mark.appliance


def test_it_boots_without_a_failed_unit_and_has_nothing_of_voxd(shared_machine: Machine) -> None:
    assert shared_machine.run("systemctl", "is-system-running").stdout.strip() == "running"
    assert shared_machine.run("sh", "-c", "command -v gcc espeak-ng voxd mosquitto nft", check=False).returncode


def test_packages_are_installed_offline_and_a_service_outlives_a_reboot(shared_machine: Machine) -> None:
    shared_machine.run("apt-get", "update", "-qq")
    shared_machine.run("apt-get", "install", "-y", "-qq", "mosquitto", timeout_s=120)
    shared_machine.reboot()
    assert shared_machine.show("mosquitto", "ActiveState") == {"ActiveState": "active"}
    assert "mosquitto" in shared_machine.journal("mosquitto")


def test_a_wire_leads_to_it_and_none_to_anywhere_else(shared_machine: Machine) -> None:
    shared_machine.write("/etc/mosquitto/conf.d/lan.conf", "listener 1884\nallow_anonymous true\n")
    shared_machine.run("systemctl", "restart", "mosquitto")
    socket.create_connection((shared_machine.address, 1884), 5).close()
    assert shared_machine.shell("ip route").split()[2] == "lan0"
    assert "default" not in shared_machine.shell("ip route")


def test_a_layer_with_voxd_is_made_once_from_the_wheelhouse(installed: Path, tmp_path: Path) -> None:
    with Machine(tmp_path / "machine", layers=[installed]) as machine:
        assert "announce" in machine.run("voxd", "--help").stdout
        assert machine.shell("id -un voxd").strip() == "voxd"


def test_releases_are_told_apart_by_their_version(tmp_path: Path) -> None:
    later = release(tmp_path / "later", "99.1.0", BROKEN)
    assert "voxd==99.1.0 --hash=sha256:" in (later / "requirements.txt").read_text()
    with zipfile.ZipFile(later / "voxd-99.1.0-py3-none-any.whl") as wheel:
        assert b"broken on purpose" in wheel.read("voxd/daemon.py")


def test_ansible_reaches_it(shared_machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text(
        "- hosts: voxd\n"
        "  become: true\n"
        "  tasks:\n"
        "    - ansible.builtin.copy: {content: '{{ said }}', dest: /etc/said, mode: '0644'}\n"
        "    - ansible.builtin.apt: {name: sudo, update_cache: true}\n"
    )
    first = play(shared_machine, tmp_path / "site.yml", {"said": "hello"}).succeeded()
    assert first.count("changed") == 2
    assert shared_machine.path("/etc/said").read_text() == "hello"
    assert play(shared_machine, tmp_path / "site.yml", {"said": "hello"}).succeeded().count("changed") == 0


def test_what_one_machine_wrote_another_has(shared_machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> None:
    shared_machine.power_off()
    with Machine(tmp_path_factory.mktemp("second"), layers=[shared_machine.written]) as second:
        assert second.show("mosquitto", "ActiveState") == {"ActiveState": "active"}
        second.write("/etc/mosquitto/conf.d/lan.conf", "")
    assert "listener" in (shared_machine.written / "etc/mosquitto/conf.d/lan.conf").read_text()
