"""Restoring a backup: all of it is read and looked at before anything of the house is touched."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from voxd.backup import archive
from voxd.backup.archive import Manifest
from voxd.backup.contents import JOURNAL, Place, places_of
from voxd.backup.exchange import Exchange
from voxd.backup.journal_copy import end_all
from voxd.errors import BadRequestError, StorageError
from voxd.lib import durable
from voxd.lib.os_errors import in_words
from voxd.lib.owners import as_owner_of
from voxd.paths import Paths, paths_in_force
from voxd.settings import PathSettings

FOLDER_MODE = 0o700


def restore(paths: Paths, file: IO[bytes]) -> Manifest:
    """Put a backup in the place of what the house has; the caller holds its lock.

    Raises VoxdError; then everything is as it was.
    """
    exchange = Exchange(places_of(paths))
    try:
        exchange.carry_on()
        exchange.begin()
        manifest = _gathered(places_of(paths), exchange, file)
        exchange.commit()
    except OSError as error:
        place = error.filename or paths.state
        raise StorageError(f"The backup cannot be restored, {place}: {in_words(error)}") from error
    finally:
        exchange.discard()
    return manifest


def look(file: IO[bytes]) -> Manifest:
    """Look whether a backup could be restored; nothing of the house is touched. Raises VoxdError."""
    try:
        with tempfile.TemporaryDirectory(prefix="voxd-restore-") as made:
            places = places_of(paths_in_force(PathSettings(state=Path(made))))
            exchange = Exchange(places)
            exchange.begin()
            return _gathered(places, exchange, file)
    except OSError as error:
        raise StorageError(f"The backup cannot be looked at: {in_words(error)}") from error


def _gathered(places: tuple[Place, ...], exchange: Exchange, file: IO[bytes]) -> Manifest:
    """Bring all files of an archive to where an exchange wants them."""
    by_name = {place.name: place for place in places}
    with archive.opened(file) as reader:
        for name, content in reader.files():
            place, path = _belongs(name, by_name)
            with as_owner_of(place.folder):
                _write(exchange.new(place, path), exchange.new(place, ""), content)
        manifest = reader.manifest
    journal = exchange.new(places[0], JOURNAL)
    with as_owner_of(places[0].folder):
        if journal.exists():
            end_all(journal)
    return manifest


def _belongs(name: str, places: dict[str, Place]) -> tuple[Place, str]:
    """Raises BadRequestError for what would lie anywhere else."""
    first, _, path = name.partition("/")
    place = places.get(first)
    if place is None or not place.takes(path):
        raise BadRequestError(f"The archive holds {name[:100]!r}, which is nothing of voxd's; nothing was restored")
    return place, path


def _write(file: Path, top: Path, content: Iterator[bytes]) -> None:
    file.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, durable.FILE_MODE)
    with os.fdopen(fd, "wb") as opened:
        for block in content:
            opened.write(block)
        opened.flush()
        os.fsync(fd)
    for folder in (file.parent, *file.parent.parents):
        durable.sync_folder(folder)
        if folder == top:
            break
