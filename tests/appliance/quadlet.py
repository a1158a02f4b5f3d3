"""What Podman's generator makes of voxd.container: that of Debian 13, as Debian 12 has none."""

import shlex
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from roots import ROOT, Root, debian

from appliance.kept import kept
from appliance.overlay import overlay

PACKAGES = ("podman", "systemd")
UNITS = "/etc/containers/systemd"
MADE = "/run-generated"
TIMEOUT_S = 60.0


def generated(*drop_ins: str) -> tuple[str, str]:
    """The unit that is made with these drop-ins, and all that generator and `systemd-analyze verify` said."""
    kept_root = kept("quadlet", ["trixie", *PACKAGES], lambda folder: debian("trixie", PACKAGES, folder))
    with tempfile.TemporaryDirectory() as scratch, overlay(Path(scratch), [kept_root]) as root:
        _install(root, drop_ins)
        made = Root(root).run(
            "env",
            f"QUADLET_UNIT_DIRS={UNITS}",
            "/usr/libexec/podman/quadlet",
            "-no-kmsg-log",
            MADE,
            timeout_s=TIMEOUT_S,
        )
        assert made.returncode == 0, made.stdout
        verified = Root(root).run("systemd-analyze", "verify", f"{MADE}/voxd.service", timeout_s=TIMEOUT_S)
        unit = (root / MADE.lstrip("/") / "voxd.service").read_text()
        taken = Root(root).run(*command(unit)[:-1], "--help", timeout_s=TIMEOUT_S)
        assert taken.returncode == 0, f"Podman knows not all of these options: {taken.stdout}"
        return unit, made.stdout + verified.stdout


def _install(root: Path, drop_ins: Sequence[str]) -> None:
    units = root / UNITS.lstrip("/")
    (units / "voxd.container.d").mkdir(parents=True)
    (root / MADE.lstrip("/")).mkdir()
    shutil.copy(ROOT / "systemd/voxd.container", units)
    for name in drop_ins:
        shutil.copy(ROOT / "systemd/drop-ins/voxd.container.d" / name, units / "voxd.container.d")


def command(unit: str, key: str = "ExecStart") -> list[str]:
    """The words of a command in the unit."""
    (line,) = (line for line in unit.splitlines() if line.startswith(f"{key}="))
    return shlex.split(line.partition("=")[2])
