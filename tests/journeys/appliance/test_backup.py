"""The appliance's state, brought to the machine that runs Ansible and put back on another one, or on none."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from appliance.machine import Machine
from appliance.playbooks import ANSIBLE, play
from appliance.provisioning import variables
from cloning import enrolled

from voxd.model.identifiers import VoiceId
from voxd.synthesis.enrolled.store import VoiceStore

pytestmark = pytest.mark.appliance

WAV = b"RIFFa recording"
SAID = "Before the backup"
CHOSEN = "/var/lib/voxd/preferences.json"


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory, wheels: dict[str, Path]) -> dict[str, Any]:
    """The inventory, with a folder for backups of our own."""
    return variables(wheels, voxd_backup_folder=str(tmp_path_factory.mktemp("backups")), voxd_health_timeout_s=30)


@pytest.fixture(scope="module")
def archive(
    tmp_path_factory: pytest.TempPathFactory, provisioned: Path, wheels: dict[str, Path], given: dict[str, Any]
) -> Path:
    """What the playbook has brought of a house that is lived in, which is no more."""
    with Machine(tmp_path_factory.mktemp("old"), layers=[provisioned], shared=wheels) as old:
        enrol(old, tmp_path_factory.mktemp("voices"))
        old.write("/var/lib/voxd/voices/dad.txt", "Good evening")
        old.write("/var/lib/voxd/chimes/gong.wav", "RIFFa gong")
        old.shell("chown -R voxd:voxd /var/lib/voxd")
        old.run("voxd", "say", SAID)
        old.run("voxd", "prefer", "--volume", "40")
        play(old, ANSIBLE / "backup.yml", given).succeeded()
        assert not old.shell("find /tmp /var/tmp -name 'voxd-*'")
    (archive,) = Path(given["voxd_backup_folder"]).iterdir()
    assert archive.stat().st_mode & 0o077 == 0
    return archive


@pytest.fixture(scope="module")
def new(
    tmp_path_factory: pytest.TempPathFactory, archive: Path, provisioned: Path, wheels: dict[str, Path]
) -> Iterator[Machine]:
    """The machine that takes its place: with voxd, and nothing of the house."""
    with Machine(tmp_path_factory.mktemp("new"), layers=[provisioned], shared=wheels) as booted:
        yield booted


def enrol(machine: Machine, folder: Path) -> None:
    """Have a voice in the store, without the hours that its model would take."""
    store = VoiceStore(folder)
    store.sweep()
    store.stage(enrolled("mum", 1, WAV), WAV)
    store.commit(enrolled("mum", 1, WAV))
    shutil.copytree(folder, machine.path("/var/lib/voxd/enrolled"), dirs_exist_ok=True)


def texts(machine: Machine) -> list[str]:
    told = json.loads(machine.run("voxd", "history", "--json").stdout)
    return [past["text"] for past in told]


def test_where_voxd_is_not_well_with_a_backup_what_was_there_before_comes_back(
    new: Machine, given: dict[str, Any]
) -> None:
    drop_in = "/etc/systemd/system/voxd.service.d/picky.conf"
    new.run("voxd", "say", "Before the restore")
    new.write(drop_in, f"[Service]\nExecStartPre=sh -c '! test -e {CHOSEN}'\n")
    new.run("systemctl", "daemon-reload")
    refused = play(new, ANSIBLE / "restore.yml", given)
    new.path(drop_in).unlink()
    new.run("systemctl", "daemon-reload")
    assert refused.status != 0
    assert "What was there before is there again" in refused.told
    assert "Before the restore" in texts(new)
    assert SAID not in texts(new)


def test_backup_removal_restore_brings_voices_and_history_back(new: Machine, given: dict[str, Any]) -> None:
    assert SAID not in texts(new)
    play(new, ANSIBLE / "restore.yml", given).succeeded()
    assert SAID in texts(new)
    assert "40" in new.run("voxd", "prefer").stdout
    (voice,) = VoiceStore(new.path("/var/lib/voxd/enrolled")).read().voices
    assert voice.name == VoiceId("mum")
    assert new.path("/var/lib/voxd/voices/dad.txt").read_text() == "Good evening"
    assert new.path("/var/lib/voxd/chimes/gong.wav").read_text() == "RIFFa gong"
    assert not new.shell("find /var/lib/voxd ! -user voxd -o -name .restoring")


def test_a_damaged_backup_is_refused_before_voxd_is_touched(
    new: Machine, archive: Path, given: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "cut.tar.gz").write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    before = new.show("voxd", "MainPID"), texts(new)
    refused = play(new, ANSIBLE / "restore.yml", given | {"voxd_backup_archive": str(tmp_path / "cut.tar.gz")})
    assert refused.status != 0
    assert "The archive is damaged" in refused.told
    assert "Nothing was changed" in refused.told
    assert (new.show("voxd", "MainPID"), texts(new)) == before


def test_a_restore_by_hand_is_refused_while_voxd_runs(new: Machine, archive: Path) -> None:
    new.path("/root/voxd.tar.gz").write_bytes(archive.read_bytes())
    refused = new.run("voxd", "restore", "/root/voxd.tar.gz", check=False)
    assert refused.returncode == 1
    assert "stop it first" in refused.stdout
    assert "is whole: 1 enrolled voice" in new.run("voxd", "restore", "--check", "/root/voxd.tar.gz").stdout
