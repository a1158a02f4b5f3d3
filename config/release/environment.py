"""Lays voxd and what a lock holds out as a virtual environment for another place: what the Debian package brings.

    environment.py WHEELHOUSE LOCK DESTINATION PLACE

writes below DESTINATION what is to lie in the folder PLACE of the machine that it is installed on. Nothing in it tells
where, when or by whom it was made.
"""

import os
import sys
import sysconfig
from pathlib import Path

from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.sources import WheelFile
from locked import locked_in, wheels_by_name

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
WRITTEN_BY = {"INSTALLER": b"voxd\n"}
"""Who else would remove or replace parts of it (pip) is told by it that it is not theirs."""


def lay_out(wheels: list[Path], destination: Path, place: str) -> None:
    """Make the environment; nothing is compiled, as that is done on the machine itself."""
    binaries = destination / place.removeprefix("/") / "bin"
    binaries.mkdir(parents=True)
    system_python = os.path.relpath(f"/usr/bin/{PYTHON}", f"{place}/bin")
    for name, target in ((PYTHON, system_python), ("python3", PYTHON), ("python", PYTHON)):
        (binaries / name).symlink_to(target)
    (binaries.parent / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
    for wheel in wheels:
        with WheelFile.open(wheel) as source:
            source.validate_record()
            install(source, _destination(source.distribution, destination, place), WRITTEN_BY)


def _destination(distribution: str, destination: Path, place: str) -> SchemeDictionaryDestination:
    scheme = sysconfig.get_paths("venv", {"base": place, "platbase": place, "installed_base": place})
    headers = f"{scheme['include']}/{distribution}"
    return SchemeDictionaryDestination(
        scheme | {"headers": headers},
        interpreter=f"{place}/bin/python3",
        script_kind="posix",
        bytecode_optimization_levels=(),
        destdir=str(destination),
    )


def main(wheelhouse: str, lock: str, destination: str, place: str) -> None:
    """Take the wheels that the lock names, and that of voxd."""
    found = wheels_by_name(Path(wheelhouse))
    lay_out([found[name] for name in ("voxd", *(one.name for one in locked_in(Path(lock))))], Path(destination), place)


if __name__ == "__main__":
    main(*sys.argv[1:])
