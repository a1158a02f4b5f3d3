"""What `voxd check` says of a machine: sound cards and who holds them, graphics cards, the clock, systemd's units."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from voxd.commands.checks.clock import finding_of
from voxd.commands.checks.credentials import as_the_unit_has_them
from voxd.commands.checks.doors import doors
from voxd.commands.checks.finding import Finding
from voxd.commands.checks.folders import folder_findings
from voxd.commands.checks.graphics import graphics_findings
from voxd.commands.checks.machine import Machine, User
from voxd.commands.checks.sound import sound_findings
from voxd.commands.checks.units import kept_by_socket_unit, unit_findings
from voxd.paths import paths_in_force
from voxd.settings import PathSettings, Settings

NOBODY = User("voxd", 64999, frozenset([64999]))
HERE = User("root", os.geteuid(), frozenset())
LOADED = {"LoadState": "loaded", "ActiveState": "active", "SubState": "running", "UnitFileState": "enabled"}


class Layout:
    """Files as the kernel shows them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def machine(self, user: User = NOBODY) -> Machine:
        return Machine(self.folder / "proc", self.folder / "sys", self.folder / "dev", user)

    def file(self, name: str, content: str = "", mode: int = 0o644) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(mode)

    def card(self, number: int, name: str, mode: int, owner_pid: int | None = None) -> None:
        self.file(f"proc/asound/card{number}/id", f"{name}\n")
        status = "closed\n" if owner_pid is None else f"state: RUNNING\nowner_pid   : {owner_pid}\n"
        self.file(f"proc/asound/card{number}/pcm0p/sub0/status", status)
        self.file(f"dev/snd/pcmC{number}D0p", mode=mode)

    def nvidia_card(self) -> None:
        self.file("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n")
        self.file("sys/bus/pci/devices/0000:01:00.0/class", "0x030000\n")

    def driver(self, version: str) -> None:
        line = f"NVRM version: NVIDIA UNIX x86_64 Kernel Module  {version}  Wed Oct 1 12:00:00 UTC 2026\n"
        self.file("proc/driver/nvidia/version", line)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def verdicts(findings: Iterable[Finding]) -> list[str]:
    return [finding.verdict for finding in findings]


def said(findings: Iterable[Finding]) -> str:
    return "\n".join(finding.text for finding in findings)


def playing_on(device: str) -> Settings:
    return Settings.model_validate({"zones": {"home": {"outputs": [{"type": "device", "device": device}]}}})


def test_a_card_that_the_daemons_user_may_not_open_is_a_problem_with_a_way_out(layout: Layout) -> None:
    layout.card(0, "PCH", 0o660)
    found = [*sound_findings(Settings(), layout.machine())]
    assert verdicts(found) == ["problem"]
    assert "voxd may not open" in said(found)
    assert "usermod -aG" in said(found)


def test_a_card_that_may_be_opened_is_well(layout: Layout) -> None:
    layout.card(0, "PCH", 0o666)
    assert verdicts(sound_findings(Settings(), layout.machine())) == ["ok"]


def test_a_container_without_the_devices_is_told_so(layout: Layout) -> None:
    layout.file("proc/asound/card0/id", "PCH\n")
    assert "a container needs the devices" in said(sound_findings(Settings(), layout.machine()))


@pytest.mark.parametrize(("name", "words"), [("pipewire", "systemctl --user"), ("mpv", "only one program")])
def test_whoever_holds_the_card_is_named(layout: Layout, name: str, words: str) -> None:
    layout.card(0, "PCH", 0o666, owner_pid=812)
    layout.file("proc/812/comm", f"{name}\n")
    findings = [*sound_findings(Settings(), layout.machine())]
    assert verdicts(findings) == ["ok", "warning"]
    assert all(word in said(findings) for word in (name, "PCH", "812", words))


def test_a_sound_server_that_waits_is_told_before_it_takes_the_card(layout: Layout) -> None:
    layout.card(0, "PCH", 0o666)
    layout.file("proc/900/comm", "pulseaudio\n")
    assert "pulseaudio (pid 900) takes the cards" in said(sound_findings(Settings(), layout.machine()))


def test_a_sound_server_of_voxds_own_user_is_well(layout: Layout) -> None:
    layout.card(0, "PCH", 0o666, owner_pid=812)
    layout.file("proc/812/comm", "pipewire\n")
    own = User(layout.machine().owner_of(812), HERE.uid, HERE.groups)
    assert verdicts(sound_findings(Settings(), layout.machine(own))) == ["ok", "ok"]


def test_a_device_by_number_is_answered_with_its_lasting_name(layout: Layout) -> None:
    layout.card(1, "Headset", 0o666)
    assert "use hw:CARD=Headset" in said(sound_findings(playing_on("hw:1,0"), layout.machine()))


def test_a_card_that_is_not_there_is_a_problem_that_names_those_that_are(layout: Layout) -> None:
    layout.card(0, "PCH", 0o666)
    findings = [*sound_findings(playing_on("hw:CARD=Headset"), layout.machine())]
    assert verdicts(findings) == ["ok", "problem"]
    assert "there are: PCH" in said(findings)


def test_a_graphics_card_without_a_driver_is_told(layout: Layout) -> None:
    layout.nvidia_card()
    findings = [*graphics_findings(Settings(), layout.machine())]
    assert verdicts(findings) == ["warning"]
    assert "its driver is not loaded" in said(findings)


def test_an_engine_that_wants_a_gpu_makes_it_a_problem(layout: Layout) -> None:
    settings = Settings.model_validate({"engines": {"voxcpm": {"type": "voxcpm", "device": "cuda"}}})
    assert verdicts(graphics_findings(settings, layout.machine())) == ["problem"]
    layout.nvidia_card()
    assert verdicts(graphics_findings(settings, layout.machine())) == ["problem"]


@pytest.mark.parametrize(
    ("version", "mode", "well"),
    [("580.95.05", 0o666, True), ("535.183.01", 0o666, False), ("580.95.05", 0o600, False), ("580.95.05", 0, False)],
)
@pytest.mark.parametrize("device", ["cuda", "auto"])
def test_a_driver_is_judged_by_age_and_permission_and_by_whether_it_is_wanted(
    layout: Layout, version: str, mode: int, well: bool, device: str
) -> None:
    settings = Settings.model_validate({"engines": {"voxcpm": {"type": "voxcpm", "device": device}}})
    layout.nvidia_card()
    layout.driver(version)
    if mode:
        layout.file("dev/nvidiactl", mode=mode)
    bad = "problem" if device == "cuda" else "warning"
    assert verdicts(graphics_findings(settings, layout.machine())) == ["ok" if well else bad]


def test_root_is_told_of_a_device_that_is_missing(layout: Layout) -> None:
    layout.driver("580.95.05")
    assert "is missing" in said(graphics_findings(Settings(), layout.machine(User("root", 0, frozenset()))))


def test_a_machine_without_cards_says_nothing(layout: Layout) -> None:
    assert not [*graphics_findings(Settings(), layout.machine()), *sound_findings(Settings(), layout.machine())]


@pytest.mark.parametrize(
    ("now", "synchronized", "verdict"),
    [(100.0, True, "problem"), (2e9, False, "warning"), (2e9, True, "ok"), (2e9, None, "ok")],
)
def test_the_clock_is_judged(now: float, synchronized: bool | None, verdict: str) -> None:
    assert finding_of(now, 1.7e9, synchronized=synchronized).verdict == verdict


def units(**changes: str) -> Mapping[str, Mapping[str, str]]:
    return {"voxd.service": LOADED | changes}


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, "ok", "is active"),
        ({"ActiveState": "failed", "Result": "watchdog"}, "problem", "has failed (watchdog)"),
        ({"SubState": "auto-restart"}, "problem", "again and again"),
        ({"ActiveState": "inactive"}, "warning", "systemctl start"),
        ({"UnitFileState": "disabled"}, "warning", "systemctl enable"),
        ({"NRestarts": "17"}, "warning", "17 times"),
    ],
)
def test_what_systemd_says_of_the_unit_is_told(changes: dict[str, str], verdict: str, words: str) -> None:
    told = units(**changes)
    findings = [*unit_findings(Settings(), lambda unit: told.get(unit, {}))]
    assert verdicts(findings) == [verdict]
    assert words in said(findings)


def test_a_journal_that_root_made_in_the_folder_of_voxd_is_a_problem(tmp_path: Path) -> None:
    paths = paths_in_force(PathSettings(state=tmp_path, cache=tmp_path / "cache"), {})
    (tmp_path / "journal.sqlite").touch()
    assert verdicts(folder_findings(paths)) == ["ok", "ok", "ok"]
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to somebody")
    os.chown(tmp_path, NOBODY.uid, NOBODY.uid)
    assert "journal.sqlite" in said(folder_findings(paths))
    assert "problem" in verdicts(folder_findings(paths))


def test_the_broker_is_asked_with_the_password_that_the_unit_is_given(tmp_path: Path) -> None:
    settings = Settings.model_validate({"mqtt": {"username": "voxd"}})
    (tmp_path / "mqtt-password").write_text("secret")
    known = as_the_unit_has_them(settings, (tmp_path / "of a unit that does not run", tmp_path))
    assert known.mqtt.password_file == tmp_path / "mqtt-password"
    own = Settings.model_validate({"mqtt": {"username": "voxd", "password": "of the owner"}})
    assert as_the_unit_has_them(own, (tmp_path,)) == own


def test_an_instance_is_asked_about_by_its_own_unit() -> None:
    told = {"voxd.service": LOADED, "voxd@den.service": LOADED | {"ActiveState": "failed", "Result": "oom-kill"}}
    findings = [*unit_findings(Settings(), lambda unit: told.get(unit, {}), "den")]
    assert verdicts(findings) == ["problem"]
    assert "voxd@den.service has failed (oom-kill)" in said(findings)


def test_an_engine_that_is_to_be_a_unit_and_is_none_is_a_problem() -> None:
    settings = Settings.model_validate({"engines": {"voxcpm": {"type": "voxcpm", "process": "unit"}}})
    told = units()
    assert "there is no voxd-engine@voxcpm.service" in said(unit_findings(settings, lambda unit: told.get(unit, {})))


@pytest.mark.parametrize(("host", "problem"), [("192.0.2.7", True), ("10.1.2.3", False)])
def test_a_broker_that_the_unit_is_closed_off_from_is_a_problem(host: str, problem: bool) -> None:
    told = units(IPAddressDeny="::/0 0.0.0.0/0", IPAddressAllow="127.0.0.0/8 ::1/128 10.0.0.0/8")
    findings = [*unit_findings(Settings.model_validate({"mqtt": {"host": host}}), lambda unit: told.get(unit, {}))]
    assert (f"IPAddressAllow={host}" in said(findings)) == problem


@pytest.mark.parametrize(
    ("engine", "advice"),
    [
        ({"type": "wyoming", "host": "10.1.2.3", "servers": ["9.9.9.9:10200"]}, "IPAddressAllow=9.9.9.9"),
        ({"type": "openai", "url": ["http://10.1.2.3:8000/v1", "https://9.9.9.9/v1"]}, "IPAddressAllow=9.9.9.9"),
        ({"type": "gpt_sovits", "url": "http://[fd00::7]:9880"}, "IPAddressAllow=fd00::7"),
        ({"type": "sambert", "url": "http://10.1.2.3:8080/api/tts"}, None),
    ],
)
def test_a_server_of_an_engine_that_the_unit_is_closed_off_from_is_a_problem(
    engine: dict[str, object], advice: str | None
) -> None:
    told = units(IPAddressDeny="::/0 0.0.0.0/0", IPAddressAllow="127.0.0.0/8 ::1/128 10.0.0.0/8")
    settings = Settings.model_validate({"mqtt": {"enabled": False}, "engines": {"far": engine}})
    findings = [*unit_findings(settings, lambda unit: told.get(unit, {}))]
    assert verdicts(findings) == ["ok", *(["problem"] if advice else [])]
    if advice:
        assert "may not talk to the server of the engine far" in said(findings)
        assert said(findings).endswith(advice)


def test_a_socket_unit_with_other_addresses_than_the_settings_is_a_problem() -> None:
    listens = "127.0.0.1:10200 (Stream)\n0.0.0.0:10710 (Stream)"
    told = {**units(), "voxd.socket": {"ActiveState": "active", "Listen": listens}}
    findings = [*unit_findings(Settings(), lambda unit: told.get(unit, {}))]
    assert verdicts(findings) == ["ok", "problem"]
    assert "0.0.0.0:10710" in said(findings)


def test_a_port_that_the_socket_unit_keeps_is_not_taken_by_a_stranger() -> None:
    told = {"voxd.socket": {"ActiveState": "active", "Listen": "127.0.0.1:10200 (Stream)"}}
    kept = [kept_by_socket_unit(door, lambda unit: told[unit]) for door in doors(Settings())]
    assert kept == [True, False]


def test_where_voxd_is_no_unit_systemd_is_not_spoken_of() -> None:
    assert not [*unit_findings(Settings(), {"voxd.service": {"LoadState": "not-found"}}.__getitem__)]
