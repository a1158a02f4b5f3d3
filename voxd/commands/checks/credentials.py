"""What the daemon's unit is given in confidence (LoadCredential=), for whoever looks in its place and may read it."""

import os
from collections.abc import Sequence
from pathlib import Path

from voxd.settings import Settings
from voxd.settings_file import with_credentials

KEPT = Path("/etc/voxd/credentials")


def folders_of(unit: str) -> tuple[Path, ...]:
    """Where systemd shows them to a unit that runs, and where they are kept."""
    return Path("/run/credentials") / unit, KEPT


def as_the_unit_has_them(settings: Settings, folders: Sequence[Path]) -> Settings:
    """The settings with what is found in the first of the folders that has it."""
    for folder in folders:
        if os.access(folder, os.R_OK | os.X_OK):
            settings = with_credentials(settings, {"CREDENTIALS_DIRECTORY": str(folder)})
    return settings
