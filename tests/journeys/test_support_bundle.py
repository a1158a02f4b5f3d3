"""A support bundle of a daemon that runs, and of one that does not even have valid settings."""

import tarfile
from pathlib import Path

import pytest
from brokers import Broker
from daemons import DaemonProcess

pytestmark = pytest.mark.journey
PASSWORD, SAID = "canary-4711", "The canary sings in the cellar"


def parts_of(archive: Path) -> dict[str, str]:
    with tarfile.open(archive) as opened:
        return {
            Path(entry.name).name: content.read().decode()
            for entry in opened
            if (content := opened.extractfile(entry)) is not None
        }


def test_a_bundle_tells_much_and_neither_secrets_nor_what_was_said(tmp_path: Path, broker: Broker) -> None:
    settings = {"mqtt": {"host": "127.0.0.1", "port": broker.port, "username": "anna", "password": PASSWORD}}
    file = tmp_path / "bundle.tar.gz"
    with DaemonProcess(tmp_path / "voxd", mqtt_port=broker.port, settings=settings) as daemon:
        assert daemon.run_verb("say", SAID).returncode == 0
        done = daemon.run_verb("support-bundle", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    parts = parts_of(file)
    assert "voxd " in parts["about.txt"]
    assert "espeak" in parts["settings.yaml"]
    assert "wyoming" in parts["check.txt"]
    assert "daemon       runs (voxd " in parts["check.txt"]
    assert '"state": "idle"' in parts["status.json"]
    assert '"state": "finished"' in parts["history.json"]
    everything = "\n".join(parts.values())
    assert PASSWORD not in everything
    assert SAID not in everything


def test_a_bundle_is_made_where_the_settings_have_mistakes(tmp_path: Path) -> None:
    daemon, file = DaemonProcess(tmp_path / "voxd", settings={"mqtt": {"prot": 1}}), tmp_path / "bundle.tar.gz"
    done = daemon.run_verb("support-bundle", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mqtt.prot" in parts_of(file)["settings.yaml"]
