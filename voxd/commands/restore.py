"""`voxd restore`: what a backup holds, in the place of what is there."""

from pathlib import Path

from voxd.backup.restoring import look
from voxd.backup.restoring import restore as restore_from
from voxd.commands.backup_words import in_words
from voxd.daemon import only_one
from voxd.errors import VoxdError
from voxd.lib import os_errors
from voxd.lib.owners import as_owner_of
from voxd.paths import paths_in_force
from voxd.settings import Settings


def restore(settings: Settings, file: Path, *, only_look: bool) -> None:
    """Restore it, or tell whether that could be done. Raises VoxdError; nothing has changed then."""
    paths = paths_in_force(settings.paths)
    try:
        opened = file.open("rb")
    except OSError as error:
        raise VoxdError(f"The backup {file} cannot be read: {os_errors.in_words(error)}") from error
    with opened, as_owner_of(paths.state):
        if only_look:
            print(f"{file} is whole: {in_words(look(opened))}")
            return
        with only_one(paths.lock):
            manifest = restore_from(paths, opened)
    print(f"Restored {in_words(manifest)}")
