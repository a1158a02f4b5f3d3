"""What the units deny, tried from inside them on a booted machine; and that what voxd needs works in there."""

import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from appliance.machine import Machine
from appliance.probing import NEURAL, OURS, PYTHON, SHARED, run_as, tried, tried_outside
from reference_clips import speech

from voxd.audio.wav import parse

pytestmark = pytest.mark.appliance

DAEMON, ENGINE = "voxd.service", "voxd-engine@.service"
BOTH = pytest.mark.parametrize("unit", [DAEMON, ENGINE])
SOUND_CARD, GRAPHICS_CARD, MEMORY = "/dev/snd/pcmC0D0p", "/dev/nvidia0", "/dev/mem"
CALLS = (
    *("set the clock", "set the hostname", "become root", "have a user namespace", "have a network namespace"),
    *("mount", "make a device", "be real-time", "trace init", "have another personality", "turn swap on"),
    "change its root",
)
SITE = "/opt/voxd/current/lib/python3.11/site-packages"
EXPOSURE_MAX = {DAEMON: 1.5, ENGINE: 0.7}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Iterator[Machine]:
    """voxd is installed, and there are device files of a sound card and of a graphics card, with no card behind."""
    with Machine(tmp_path_factory.mktemp("machine"), layers=[installed], shared=SHARED) as machine:
        machine.shell(
            f"mkdir -p /dev/snd; mknod -m 666 {SOUND_CARD} c 116 16; mknod -m 666 {GRAPHICS_CARD} c 195 0\n"
            f"mknod -m 666 {MEMORY} c 1 1"
        )
        machine.write("/var/lib/voxd/journal.sqlite", "what was said", 0o666)
        yield machine


@BOTH
def test_the_exposure_is_as_small_as_promised_and_verify_is_silent(machine: Machine, unit: str) -> None:
    name = unit.replace("@", "@any")
    assert machine.run("systemd-analyze", "verify", "--man=no", name).stdout == ""
    told = machine.run("systemd-analyze", "security", "--no-pager", name).stdout
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert found, told
    assert float(found[1]) <= EXPOSURE_MAX[unit]


@BOTH
def test_it_writes_nowhere_but_in_its_folders(machine: Machine, unit: str) -> None:
    denied = [
        f"write:{folder}/x" for folder in ("/etc", "/etc/voxd", "/usr/lib", "/opt/voxd", "/var/log", "/root", "/srv")
    ]
    outcomes = tried(machine, unit, *denied)
    assert set(outcomes.values()) <= {"EROFS", "EACCES", "ENOENT"}, outcomes
    own = {
        DAEMON: ("/var/lib/voxd", "/var/cache/voxd"),
        ENGINE: ("/var/cache/voxd/embeddings", "/var/cache/voxd/engines"),
    }
    allowed = [f"write:{folder}/x" for folder in (*own[unit], "/run/voxd", "/tmp")]
    assert set(tried(machine, unit, *allowed).values()) == {"ok"}


def test_the_engine_host_sees_nothing_of_what_was_said(machine: Machine) -> None:
    wanted = (
        "read:/var/lib/voxd/journal.sqlite",
        "write:/var/lib/voxd/x",
        "read:/etc/voxd/credentials",
        "empty:/var/lib/voxd",
    )
    outcomes = tried(machine, ENGINE, *wanted)
    assert list(outcomes.values())[:3] == ["ENOENT", "EROFS", "EACCES"], outcomes
    assert tried(machine, DAEMON, wanted[0]) == {wanted[0]: "ok"}


@BOTH
def test_nothing_is_run_that_somebody_put_there(machine: Machine, unit: str) -> None:
    folders = ["/run/voxd", "/tmp", "/dev/shm", *(["/var/lib/voxd"] if unit == DAEMON else [])]
    outcomes = tried(machine, unit, *(f"execute:{folder}" for folder in folders))
    assert set(outcomes.values()) == {"EACCES"}, outcomes
    assert tried_outside(machine, "execute:/tmp") == {"execute:/tmp": "ok"}


@BOTH
def test_it_gets_no_privileges(machine: Machine, unit: str) -> None:
    outcomes = tried(machine, unit, "setuid:/run/voxd", *(f"call:{what}" for what in CALLS))
    assert set(outcomes.values()) == {"EPERM"}, outcomes
    told = tried(machine, unit, "status:NoNewPrivs", "status:CapBnd", "status:CapEff", "status:Seccomp:")
    assert [int(value, 16) for value in told.values()] == [1, 0, 0, 2]


@BOTH
def test_it_sees_no_process_of_others_and_no_home(machine: Machine, unit: str) -> None:
    outcomes = tried(
        machine, unit, "read:/proc/1/cmdline", "read:/root", "empty:/home", "write:/proc/sys/kernel/domainname"
    )
    assert outcomes["read:/proc/1/cmdline"] == "ENOENT"
    assert outcomes["read:/root"] in {"EACCES", "ENOENT"}
    assert outcomes["empty:/home"] in {"ok", "EACCES"}
    assert outcomes["write:/proc/sys/kernel/domainname"] in {"EROFS", "EACCES"}


def test_the_daemon_reaches_the_private_network_and_no_other(machine: Machine) -> None:
    machine.wire.widen(machine.leader)
    with (
        socket.create_server((machine.wire.ours, 0)) as near,
        socket.create_server((machine.wire.ours_in_public, 0)) as far,
    ):
        private, public = (f"connect:{host}:{port}" for host, port in (near.getsockname(), far.getsockname()))
        assert tried_outside(machine, private, public) == {private: "ok", public: "ok"}
        outcomes = tried(machine, DAEMON, private, public, "socket:AF_PACKET", "socket:AF_NETLINK")
        assert outcomes[private] == "ok"
        assert outcomes[public] in {"EPERM", "timeout"}
        assert outcomes["socket:AF_PACKET"] == "EAFNOSUPPORT"
        assert outcomes["socket:AF_NETLINK"] == "ok"  # zeroconf asks it which interfaces there are
        opened = tried(machine, DAEMON, public, more="IPAddressAllow=198.18.0.0/15")
        assert opened[public] == "ok"


def test_the_engine_host_has_no_network_at_all(machine: Machine) -> None:
    outcomes = tried(
        machine, ENGINE, "connect:127.0.0.1:1883", "socket:AF_INET", "socket:AF_INET6", "socket:AF_NETLINK"
    )
    assert set(outcomes.values()) == {"EAFNOSUPPORT"}


@BOTH
def test_it_opens_no_device_but_those_that_are_allowed(machine: Machine, unit: str) -> None:
    """ENXIO: it may be opened, only there is no card; so is it outside, and where a drop-in allows the device."""
    devices = [f"read:{device}" for device in (SOUND_CARD, GRAPHICS_CARD, MEMORY)]
    assert tried_outside(machine, *devices[:2]) == dict.fromkeys(devices[:2], "ENXIO")
    assert tried(machine, unit, *devices) == dict.fromkeys(devices, "EPERM")
    allowed = SOUND_CARD if unit == DAEMON else GRAPHICS_CARD
    opened = tried(machine, unit, *devices[:2], more=f"DeviceAllow={allowed} rw")
    assert opened == {device: "ENXIO" if device == f"read:{allowed}" else "EPERM" for device in devices[:2]}


@BOTH
def test_torch_computes_with_every_processor(machine: Machine, unit: str) -> None:
    more = f"Environment=PYTHONPATH={NEURAL} PYTHONDONTWRITEBYTECODE=1"
    told = json.loads(run_as(machine, unit, f"{PYTHON} {OURS}/appliance/torch_probe.py", more))
    assert told["computes"]
    assert told["processors"] == len(os.sched_getaffinity(0))
    assert told["threads"] == told["processors"]
    assert told["running"] > told["processors"]


def test_engines_that_are_children_of_the_daemon_clone_a_voice_in_its_unit(machine: Machine) -> None:
    """They work with torch within the daemon's limits, and decode a stranger's recording."""
    machine.write(f"{SITE}/ours.pth", f"{NEURAL}\n{OURS}\n")
    engines = {"espeak": {"type": "espeak"}, "sine": {"type": "python", "model": "models_for_tests:SineModel"}}
    settings = {"mqtt": {"enabled": False}, "engines": engines, "zones": {"home": {"outputs": "file"}}}
    machine.write("/etc/voxd/voxd.yaml", yaml.safe_dump(settings))
    machine.path("/var/lib/voxd/journal.sqlite").unlink()
    machine.path("/tmp/mum.wav").write_bytes(speech())
    machine.run("systemctl", "start", "voxd")
    machine.run("voxd", "voices", "enroll", "mum", "--reference", "/tmp/mum.wav", timeout_s=120)
    machine.run("voxd", "say", "--voice", "mum", "-o", "/tmp/said.wav", "Supper is ready.")
    assert parse(machine.path("/tmp/said.wav").read_bytes()).duration_s > 0.5
    assert machine.show("voxd", "NRestarts", "Result") == {"NRestarts": "0", "Result": "success"}
