"""The Debian package of this clone as `make release` makes it, and one of a later version."""

import os
import re
import subprocess
from pathlib import Path

from roots import ROOT

from appliance.wheels import release

RELEASE = ROOT / "config/release"
PYTHON = ROOT / ".venv-release/bin/python"
QUICKLY = ("-Zgzip", "-z1")
TIMEOUT_S = 120.0
LATER = "99.1.0-1"
SETTINGS = "etc/voxd/voxd.yaml"


def package(folder: Path) -> Path:
    """The package, in a new folder; only its compression is another than that of a release."""
    release(folder / "wheelhouse")
    (folder / "sbom").mkdir()
    bill = subprocess.run(
        [PYTHON, RELEASE / "sbom.py", ROOT / "config/locks/base.txt", folder / "wheelhouse"],
        env=os.environ | {"SOURCE_DATE_EPOCH": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=TIMEOUT_S,
    ).stdout
    (folder / "sbom/voxd-0-base.cdx.json").write_text(bill)
    subprocess.run([RELEASE / "package.sh", folder, *QUICKLY], env=_environment(), check=True, timeout=TIMEOUT_S)
    (made,) = folder.glob("voxd_*.deb")
    return made


def later(of: Path, folder: Path) -> Path:
    """The same with a higher version and more in its settings file, in a folder."""
    unpacked, made = folder / "unpacked", folder / "later.deb"
    subprocess.run(["dpkg-deb", "--raw-extract", of, unpacked], check=True, timeout=TIMEOUT_S)
    control = unpacked / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*", f"Version: {LATER}", control.read_text()))
    with (unpacked / SETTINGS).open("a") as settings:
        settings.write("\n# What a later release explains.\n")
    (code,) = unpacked.glob("usr/lib/voxd/lib/python3.*/site-packages/voxd/__init__.py")
    code.write_text(re.sub(r'(?m)^__version__ = ".*"$', f'__version__ = "{LATER[:-2]}"', code.read_text()))
    build = ("dpkg-deb", "--root-owner-group", *QUICKLY, "--build", unpacked, made)
    subprocess.run(build, stdout=subprocess.DEVNULL, check=True, timeout=TIMEOUT_S)
    return made


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHON": str(PYTHON)}
