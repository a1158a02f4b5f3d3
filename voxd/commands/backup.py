"""`voxd backup`: what must not be lost, in one file."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from voxd.backup.archive import MODE
from voxd.backup.making import make
from voxd.commands.backup_words import in_words
from voxd.errors import VoxdError
from voxd.lib import os_errors
from voxd.lib.durable import sync_folder
from voxd.lib.owners import as_owner_of
from voxd.paths import paths_in_force
from voxd.settings import Settings


def backup(settings: Settings, file: Path) -> None:
    """Write a backup, or replace an older one of that name once the new one is whole. Raises VoxdError."""
    paths = paths_in_force(settings.paths)
    with _whole(file) as out, as_owner_of(paths.state):
        manifest = make(paths, settings.node, out)
    print(f"{file}: {in_words(manifest)}")


@contextmanager
def _whole(file: Path) -> Iterator[IO[bytes]]:
    """A file that is there under its name when the block has ended well; only we may read it."""
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
        try:
            with os.fdopen(fd, "wb") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            unfinished.replace(file)
            sync_folder(file.absolute().parent)
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise VoxdError(f"The backup cannot be written to {file}: {os_errors.in_words(error)}") from error
