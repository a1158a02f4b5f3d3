"""One of several daemons on a machine, which voxd@NAME.service begins: its settings and its folders."""

import re
from pathlib import Path
from typing import NamedTuple

from voxd.errors import VoxdError
from voxd.paths import SYSTEM_RUNTIME
from voxd.settings.section import NAME

SETTINGS = Path("/etc/voxd")


class Placed(NamedTuple):
    """Where an instance has its settings, and the options that say where its folders are."""

    settings: Path
    options: tuple[str, ...]


def placed(name: str) -> Placed:
    """Where the instance of that name is, as voxd@.service has it. Raises VoxdError.

    Engine hosts that are units serve all instances of the machine.
    """
    if not re.match(NAME, name) or name == "voxd":
        raise VoxdError(
            f"No instance can be called {name!r}: letters, digits, dots, dashes; and voxd is the one without"
        )
    folders = {"state": "/var/lib", "cache": "/var/cache", "runtime": "/run"}
    places = {which: f"{parent}/voxd-{name}" for which, parent in folders.items()}
    given = tuple(f"paths.{which}={place}" for which, place in (places | {"hosts": str(SYSTEM_RUNTIME)}).items())
    return Placed(SETTINGS / f"{name}.yaml", given)
