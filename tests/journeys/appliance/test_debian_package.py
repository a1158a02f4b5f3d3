"""The Debian package, as the owner of a bare Debian meets it: installed, upgraded, and gone again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from appliance.debian_package import LATER, later, package
from appliance.machine import Machine
from appliance.sound import give_file_card, played

pytestmark = pytest.mark.appliance

APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-q")
APT_TIMEOUT_S = 180.0
PACKAGES = "/srv/packages"
SETTINGS = "/etc/voxd/voxd.yaml"
ENTER = "\n"
EVERYTHING = (
    r"find / -xdev -printf '%p: %y %M %u:%g %l\n';"
    r"find / -xdev -type f -exec sha256sum {} + | sed 's/^\([0-9a-f]*\)  \(.*\)/\2: \1/'"
)
NOT_OURS = re.compile(
    r"/(dev|proc|run|sys|tmp|srv|var/log|var/cache/(apt|debconf|fontconfig|ldconfig)|var/lib/(apt|dpkg)"
    r"|var/lib/systemd/(catalog|deb-systemd-helper-enabled|random-seed|timesync)"
    r"|etc/(passwd|group|shadow|gshadow|subuid|subgid)-|etc/ld\.so\.cache|etc/\.pwd\.lock)(/|:|$)"
)
"""What is written whatever package comes and goes."""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of this clone and a later one, as voxd.deb and later.deb."""
    folder = tmp_path_factory.mktemp("packages")
    made = package(folder).rename(folder / "voxd.deb")
    later(made, folder)
    return folder


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory, packages: Path) -> Iterator[Machine]:
    """One machine for all tests of this file, in their order."""
    with Machine(tmp_path_factory.mktemp("machine"), shared={PACKAGES: packages}) as booted:
        give_file_card(booted)
        yield booted


@pytest.fixture(scope="module")
def before(debian: Machine) -> set[str]:
    """What the machine holds before it knows of voxd."""
    return everything(debian)


def everything(machine: Machine) -> set[str]:
    """Each file and folder, with its owner, its mode and its content."""
    return {line for line in machine.shell(EVERYTHING).splitlines() if not NOT_OURS.match(line)}


def install(machine: Machine, deb: str, answer: str = "") -> str:
    return machine.run(*APT, "install", f"{PACKAGES}/{deb}", timeout_s=APT_TIMEOUT_S, stdin=answer).stdout


def main_pid(machine: Machine) -> str:
    return machine.show("voxd", "MainPID")["MainPID"]


def test_a_bare_debian_installs_it_offline_and_it_speaks(debian: Machine, before: set[str]) -> None:
    install(debian, "voxd.deb")
    assert debian.show("voxd", "ActiveState", "SubState", "UnitFileState", "User") == {
        "ActiveState": "active",
        "SubState": "running",
        "UnitFileState": "enabled",
        "User": "voxd",
    }
    assert debian.show("voxd-tidy.timer", "ActiveState") == {"ActiveState": "active"}
    debian.run("voxd", "say", "The washing machine is done")
    assert any(len(sound) > 10_000 for sound in played(debian))
    assert debian.shell(f"stat -c '%a %U:%G' {SETTINGS}").strip() == "640 root:voxd"


def test_it_brings_no_compiler_and_nothing_that_its_files_were_not_checked_for(debian: Machine) -> None:
    debian.run("dpkg", "--verify", "voxd")
    assert debian.run("sh", "-c", "command -v gcc pip make", check=False).stdout == ""
    assert "__pycache__" not in debian.run("dpkg", "-L", "voxd").stdout
    assert debian.shell("find /usr/lib/voxd -path '*/voxd/__pycache__/app.*.pyc'").strip()


def test_an_upgrade_keeps_changed_settings_and_what_was_announced(debian: Machine) -> None:
    settings = debian.path(SETTINGS).read_text() + "node: attic\n"
    debian.path(SETTINGS).write_text(settings)
    debian.run("voxd", "restart")
    debian.run("voxd", "say", "--no-wait", "Who is upgraded in the middle of a sentence ends it all the same")
    old = main_pid(debian)
    install(debian, "later.deb", ENTER)
    assert debian.show("voxd", "ActiveState") == {"ActiveState": "active"}
    assert main_pid(debian) != old
    assert LATER.startswith(debian.run("voxd", "--version").stdout.split()[-1])
    assert debian.path(SETTINGS).read_text() == settings
    assert debian.shell(f"stat -c '%a %U:%G' {SETTINGS}").strip() == "640 root:voxd"
    debian.run("voxd", "say", "Here I am again")
    told = debian.run("voxd", "history", "--json").stdout
    assert '"Who is upgraded' in told
    assert set(re.findall(r'"state": "(\w+)"', told)) == {"finished"}


def test_settings_that_the_new_release_cannot_read_leave_the_old_one_speaking(debian: Machine) -> None:
    good = debian.path(SETTINGS).read_text()
    debian.path(SETTINGS).write_text(good + "zonnes: {}\n")
    old = main_pid(debian)
    told = debian.run(*APT, "install", "--reinstall", f"{PACKAGES}/later.deb", timeout_s=APT_TIMEOUT_S).stdout
    assert "zonnes" in told
    assert "systemctl restart voxd" in told
    assert main_pid(debian) == old
    debian.path(SETTINGS).write_text(good)
    debian.run("voxd", "say", "Still here")


def test_a_removal_stops_it_and_keeps_what_people_made(debian: Machine) -> None:
    debian.run(*APT, "remove", "voxd", timeout_s=APT_TIMEOUT_S)
    assert debian.show("voxd", "ActiveState", "LoadState") == {"ActiveState": "inactive", "LoadState": "not-found"}
    assert debian.path("/var/lib/voxd/journal.sqlite").exists()
    assert "attic" in debian.path(SETTINGS).read_text()
    assert not debian.path("/usr/lib/voxd").exists()


def test_a_purge_takes_nothing_from_a_voxd_that_ansible_installed(debian: Machine) -> None:
    debian.shell("mkdir /opt/voxd; /var/lib/dpkg/info/voxd.postrm purge; rmdir /opt/voxd")
    assert debian.path("/var/lib/voxd/journal.sqlite").exists()


def test_a_purge_leaves_nothing_but_what_was_there_before(debian: Machine, before: set[str]) -> None:
    debian.run(*APT, "purge", "--autoremove", "voxd", timeout_s=APT_TIMEOUT_S)
    assert sorted(everything(debian) ^ before) == []
    assert not debian.path("/run/voxd").exists()
