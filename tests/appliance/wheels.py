"""Wheels for a machine that is offline: all that the locks name, and voxd as it is, as it may become, or broken."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from roots import DOWNLOADS, ROOT, Root, give_machine_files

from appliance.debian import bare_root
from appliance.kept import kept
from appliance.overlay import overlay

LOCKS = tuple(ROOT / "config/locks" / name for name in ("build.txt", "base.txt"))
PLACE = "/srv/wheels"
"""Where machines of the fixtures have a release."""
BUILD_TIMEOUT_S = 900.0
SOURCES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "voxd")
_FAIL = 'raise RuntimeError("This release is broken on purpose")'
BROKEN = {"voxd/daemon.py": f"async def _fail(_: Daemon) -> bool:\n    {_FAIL}\n\n\nDaemon.run = _fail\n"}
"""What makes a release that looks well, checks settings, and never gets READY: more lines at the end of files."""


def wheelhouse() -> Path:
    """The folder of the wheels of build.txt and base.txt, for the Python of the bare Debian; not to be written to."""
    return kept("wheelhouse", [bare_root().name, *(lock.read_bytes() for lock in LOCKS)], _make)


def release(folder: Path, version: str = "", more: Mapping[str, str] | None = None) -> Path:
    """A wheelhouse of a release, in a new folder, as `make wheelhouse` makes it: with voxd, and requirements.txt."""
    shutil.copytree(wheelhouse(), folder, copy_function=_link)
    voxd_wheel(folder, version, more)
    lines = [f"{_pin(wheel)} --hash=sha256:{_digest(wheel)}\n" for wheel in sorted(folder.glob("*.whl"))]
    (folder / "requirements.txt").write_text("".join(lines))
    return folder


def voxd_wheel(folder: Path, version: str = "", more: Mapping[str, str] | None = None) -> Path:
    """The wheel of this clone in `folder`: under another version, with more lines at the end of some files."""
    with tempfile.TemporaryDirectory() as scratch:
        sources = Path(scratch)
        _copy_sources(sources)
        if version:
            _set_version(sources / "voxd/__init__.py", version)
        for name, lines in (more or {}).items():
            with (sources / name).open("a") as file:
                file.write(f"\n{lines}")
        made = sources / "made"
        options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", made)
        subprocess.run([sys.executable, "-m", "pip", "wheel", *options, sources], check=True, timeout=BUILD_TIMEOUT_S)
        folder.mkdir(parents=True, exist_ok=True)
        (wheel,) = made.glob("voxd-*.whl")
        return Path(shutil.copy(wheel, folder))


def _link(kept: str, place: str) -> None:
    try:
        os.link(kept, place)
    except OSError:  # on another disk
        shutil.copy(kept, place)


def _pin(wheel: Path) -> str:
    name, version, *_ = wheel.name.split("-")
    return f"{name}=={version}"


def _digest(wheel: Path) -> str:
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def _copy_sources(target: Path) -> None:
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target)


def _set_version(file: Path, version: str) -> None:
    text, found = re.subn(r'(?m)^__version__ = ".*"$', f'__version__ = "{version}"', file.read_text())
    assert found == 1, f"{file} has no line with a version"
    file.write_text(text)


def _make(folder: Path) -> None:
    folder.mkdir(parents=True)
    packages = ("gcc", "libsystemd-dev", "pkg-config", "python3-dev", "python3-venv")
    pip = ("/srv/venv/bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    build, base = (("--require-hashes", "--no-deps", "-r", f"/srv/locks/{lock.name}") for lock in LOCKS)
    commands = (
        ("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages),
        ("python3", "-m", "venv", "/srv/venv"),
        (*pip, "install", *build),
        (*pip, "wheel", "--wheel-dir", PLACE, *build),
        (*pip, "wheel", "--wheel-dir", PLACE, "--no-build-isolation", *base),
    )
    with tempfile.TemporaryDirectory() as scratch, overlay(Path(scratch), [bare_root()]) as merged:
        give_machine_files(merged)
        shared = {PLACE: folder, "/srv/locks": LOCKS[0].parent, "/root/.cache/pip": DOWNLOADS}
        for command in commands:
            done = Root(merged, shared).run(*command, timeout_s=BUILD_TIMEOUT_S)
            assert done.returncode == 0, f"{command}: {done.stdout[-10_000:]}"
