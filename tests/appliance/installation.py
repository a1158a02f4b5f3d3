"""voxd on a machine as its unit files expect it, installed by hand: for tests of the units, not of how to install."""

from pathlib import Path

from roots import ROOT

from appliance.machine import Machine

UNITS = ROOT / "systemd"
PACKAGES = (
    *("espeak-ng", "libasound2-plugins", "libebur128-1", "libportaudio2", "mosquitto", "pulseaudio"),
    *("pulseaudio-utils", "python3-venv"),
)
PLACE = "/opt/voxd/current"
INSTALL_TIMEOUT_S = 180.0
PIP = f"{PLACE}/bin/python -m pip --quiet --disable-pip-version-check install --no-index --no-deps"


def install(machine: Machine, releases: str) -> None:
    """Install voxd and its units, not started, from a release that the machine shares with us at `releases`."""
    machine.run(*("apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES), timeout_s=INSTALL_TIMEOUT_S)
    machine.shell(
        f"python3 -m venv {PLACE}\n"
        f"{PIP} --require-hashes --find-links {releases} -r {releases}/requirements.txt\n"
        f"ln -s {PLACE}/bin/voxd /usr/local/bin/voxd",
        timeout_s=INSTALL_TIMEOUT_S,
    )
    for unit in sorted(UNITS.glob("voxd*.*")):
        machine.write(_place_of(unit), unit.read_text())
    machine.shell("systemd-sysusers; systemd-tmpfiles --create voxd.conf; systemctl daemon-reload")


def _place_of(unit: Path) -> str:
    match unit.suffixes:
        case [".sysusers", ".conf"]:
            return "/usr/lib/sysusers.d/voxd.conf"
        case [".tmpfiles", ".conf"]:
            return "/usr/lib/tmpfiles.d/voxd.conf"
        case _:
            return f"/usr/lib/systemd/system/{unit.name}"
