"""systemd's units: understood without a word, closed as far as they can be, and in step with the settings."""

import ipaddress
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from voxd.daemon import DRAIN_MAX_S, STOP_MAX_S
from voxd.settings import PRIVATE_NETWORKS, Settings

UNITS = Path(__file__).parents[2] / "systemd"
INSTANCES = {"voxd@.service": "voxd@den.service", "voxd-engine@.service": "voxd-engine@voxcpm.service"}
NAMES = sorted(path.name for kind in ("service", "socket", "timer") for path in UNITS.glob(f"*.{kind}"))
PROGRAMS = ("voxd", "sh", "nvidia-modprobe", "mount", "true")
DROP_INS = sorted(UNITS.glob("drop-ins/*.d/*.conf"))


def run(command: list[str], **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run it to its end, however that is."""
    environment = os.environ | {"SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"} | environment
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


class System:
    """A system in a folder: Debian's own units, ours, and programs that do nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.units = folder / "etc/systemd/system"
        (folder / "usr/bin").mkdir(parents=True)
        for program in PROGRAMS:
            (folder / "usr/bin" / program).write_text("#!/bin/sh\n")
            (folder / "usr/bin" / program).chmod(0o755)
        shutil.copytree("/usr/lib/systemd/system", folder / "usr/lib/systemd/system", symlinks=True)
        self.units.mkdir(parents=True)
        for name in NAMES:
            shutil.copy(UNITS / name, self.units)

    def add(self, drop_in: Path) -> None:
        """Install one of the drop-ins."""
        (self.units / drop_in.parent.name).mkdir(exist_ok=True)
        shutil.copy(drop_in, self.units / drop_in.parent.name)

    def verified(self, unit: str, *options: str) -> str:
        """What systemd says about a unit; nothing where it understands all."""
        return self._analysed("verify", "--man=no", *options, INSTANCES.get(unit, unit)).stderr

    def exposure(self, unit: str) -> float:
        """How open a service is, from 0 to 10."""
        told = self._analysed("security", "--offline=true", INSTANCES.get(unit, unit)).stdout
        found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
        assert found, told
        return float(found[1])

    def _analysed(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        verb, *rest = arguments
        command = ["systemd-analyze", verb, f"--root={self.folder}", *rest]
        return run(command)


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path / "system")


def assignments(unit: str) -> Iterator[tuple[str, str]]:
    """The assignments of a unit file."""
    for line in (UNITS / unit).read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name, value


def seconds(unit: str, name: str) -> float:
    """An option that is a number of seconds."""
    value = dict(assignments(unit))[name]
    return float(value.removesuffix("ms")) / 1000 if value.endswith("ms") else float(value)


def test_systemd_understands_every_unit_without_a_word(system: System) -> None:
    assert {name: said for name in NAMES if (said := system.verified(name))} == {}


def test_systemd_understands_every_drop_in_without_a_word(system: System) -> None:
    for drop_in in DROP_INS:
        if drop_in.parent.name.startswith("voxd") and "container" not in drop_in.parent.name:
            system.add(drop_in)
    services = [name for name in NAMES if name.endswith("service")]
    assert {name: said for name in services if (said := system.verified(name))} == {}


def test_systemd_understands_the_unit_of_a_session_without_a_word(system: System) -> None:
    of_session = system.folder / "voxd.service"
    text = (UNITS / "user/voxd.service").read_text()
    of_session.write_text(text.replace("ExecStart=voxd", f"ExecStart={system.folder}/usr/bin/voxd"))
    command = ["systemd-analyze", "verify", "--user", "--man=no", str(of_session)]
    assert run(command, XDG_RUNTIME_DIR=str(system.folder)).stderr == ""


def test_a_slip_of_the_pen_is_seen(system: System) -> None:
    unit = system.units / "voxd.service"
    unit.write_text(unit.read_text().replace("ProtectClock=", "ProtectClocks="))
    assert "ProtectClocks" in system.verified("voxd.service")


@pytest.mark.parametrize(
    ("unit", "most"),
    [("voxd.service", 1.5), ("voxd@.service", 1.5), ("voxd-engine@.service", 0.7), ("voxd-tidy.service", 0.7)],
)
def test_a_service_is_closed_as_far_as_it_can_be(system: System, unit: str, most: float) -> None:
    assert system.exposure(unit) <= most


def test_a_graphics_card_opens_the_engine_host_no_further(system: System) -> None:
    system.add(UNITS / "drop-ins/voxd-engine@.service.d/nvidia.conf")
    assert system.exposure("voxd-engine@.service") <= 0.7


def test_an_instance_is_like_the_daemon_but_for_its_place() -> None:
    places = {
        "Description": "voxd %i",
        "Documentation": "file:/etc/voxd/%i.yaml",
        "ExecStart": "voxd run --instance %i",
        "StateDirectory": "voxd-%i",
        "CacheDirectory": "voxd-%i",
        "NoExecPaths": "/var/lib/voxd-%i /run/voxd-%i /tmp /var/tmp /dev/shm",
    }
    expected = [(name, places.get(name, value)) for name, value in assignments("voxd.service")]
    own = {"RuntimeDirectory", "RuntimeDirectoryMode"}
    assert [(name, value) for name, value in assignments("voxd@.service") if name not in own] == expected


def test_the_daemon_reaches_the_networks_that_may_reach_it() -> None:
    (allowed,) = (value.split() for name, value in assignments("voxd.service") if name == "IPAddressAllow")
    words = {"localhost": ("127.0.0.0/8", "::1/128"), "link-local": ("169.254.0.0/16", "fe80::/10"), "multicast": ()}
    networks = {network for word in allowed for network in words.get(word, (word,))}
    assert set(map(ipaddress.ip_network, networks)) == set(map(ipaddress.ip_network, PRIVATE_NETWORKS))


def test_the_socket_unit_has_the_addresses_of_the_settings() -> None:
    settings = Settings()
    wyoming, satellite = settings.wyoming, settings.satellite
    expected = [f"{wyoming.host}:{wyoming.port}", f"{satellite.host or wyoming.host}:{satellite.port}"]
    assert [value for name, value in assignments("voxd.socket") if name == "ListenStream"] == expected


def test_a_stop_leaves_the_time_that_the_sentence_may_take() -> None:
    assert seconds("voxd.service", "TimeoutStopSec") > DRAIN_MAX_S + 4 * STOP_MAX_S


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_folders_belong_to_whom_they_should(system: System) -> None:
    (system.folder / "etc/group").write_text("root:x:0:\naudio:x:29:\n")
    for command in (
        ["systemd-sysusers", str(UNITS / "voxd.sysusers.conf")],
        ["systemd-tmpfiles", "--create", str(UNITS / "voxd.tmpfiles.conf")],
    ):
        done = run([*command, f"--root={system.folder}"])
        assert (done.returncode, done.stderr.count("ailed")) == (0, 0), done.stderr
    users = (system.folder / "etc/passwd").read_text()
    number = int(next(line for line in users.splitlines() if line.startswith("voxd:")).split(":")[2])
    modes = {path: (system.folder / path).stat() for path in ("run/voxd", "var/lib/voxd", "etc/voxd/credentials")}
    assert {path: (oct(at.st_mode)[-4:], at.st_uid) for path, at in modes.items()} == {
        "run/voxd": ("0750", number),
        "var/lib/voxd": ("0700", number),
        "etc/voxd/credentials": ("0700", 0),
    }
