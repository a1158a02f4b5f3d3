"""Fetches a model: what is needed of it, checked, whole or not at all; and goes on where an earlier try stopped."""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from voxd.errors import BusyError, StorageError
from voxd.lib.backoff import Backoff
from voxd.neural.hub.client import Hub, HubFile, Listing
from voxd.neural.hub.manifest import Fingerprint, Manifest, read_manifest
from voxd.neural.hub.repository import Repository
from voxd.neural.hub.selection import KNOWN_FOR, files_of, is_model, models_in, voice_files, wanted
from voxd.neural.hub.trouble import BrokenOffError, HubError

TRIES = 5
FIRST_WAIT_S = 1.0
_SPARE_BYTES = 50_000_000

Watch = Callable[[Path, int], AbstractContextManager[None]]
"""Is entered while a folder fills, and told how many bytes it will hold in the end."""


def fetch(hub: Hub, repository: Repository, revision: str, models: Path, watch: Watch) -> bool:
    """Make the model's folder hold that revision; False where it did already. Raises VoxdError.

    Until everything has come and is what the hub says, the folder stays as it was: an engine may be using it.
    """
    folder = repository.folder(models)
    listing = _listing(hub, repository, revision)
    if _is_there(folder, listing):
        return False
    with _alone(repository, models) as growing:
        _take_over(folder, growing, listing)
        _demand_room(growing, listing)
        with watch(growing, listing.bytes):
            for file in listing.files.values():
                _bring(hub, repository, listing.revision, file, growing)
        _finish(repository, listing, growing, folder)
    return True


def _listing(hub: Hub, repository: Repository, revision: str) -> Listing:
    """What is to be fetched."""
    listing = hub.listing(repository, revision)
    names = _chosen(listing, repository)
    return Listing(listing.revision, {name: listing.files[name] for name in names})


def _chosen(listing: Listing, repository: Repository) -> list[str]:
    """The names of what is to be fetched. Raises HubError where it makes no model."""
    page, part, many = repository.page, repository.part, models_in(listing.files)
    if many and (not part or part in many):
        return files_of(listing.files, part or (KNOWN_FOR if KNOWN_FOR in many else many[0]))
    if many:
        raise HubError(f"{page} has no model {part}; it has {', '.join(many)}")
    if part:
        names = voice_files(listing.files, part)
        if not names:
            raise HubError(f"{page} has no voice {part}: look at its files for how it is called")
        return names
    names = wanted(listing.files)
    if not is_model(names):
        raise HubError(f"{page} is no model that voxd can load: it lacks a configuration, or weights it can read")
    return names


def _is_there(folder: Path, listing: Listing) -> bool:
    manifest = read_manifest(folder)
    if manifest is None or manifest.revision != listing.revision or set(manifest.files) != set(listing.files):
        return False
    return not any(manifest.faults(folder))


@contextmanager
def _alone(repository: Repository, models: Path) -> Iterator[Path]:
    """The folder in which the model grows, for one process at a time."""
    growing = repository.growing(models)
    try:
        growing.mkdir(parents=True, exist_ok=True)
        with _locked(growing):
            yield growing
    except BlockingIOError as error:
        raise BusyError(f"{repository} is being fetched already") from error
    except OSError as error:
        raise StorageError(
            f"{error.filename or models} cannot be written ({error.strerror}): run this as the user that voxd runs as, "
            "or set `paths.models`"
        ) from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(lock)


def _take_over(folder: Path, growing: Path, listing: Listing) -> None:
    """Use again what did not change since the last revision, without a copy."""
    for name, file in listing.files.items():
        if not (growing / name).exists() and file.is_at(folder / name):
            (growing / name).parent.mkdir(parents=True, exist_ok=True)
            os.link(folder / name, growing / name)


def _demand_room(growing: Path, listing: Listing) -> None:
    needed = listing.bytes - bytes_in(growing)
    free = shutil.disk_usage(growing).free
    if needed + _SPARE_BYTES > free:
        raise StorageError(
            f"{needed / 1e9:.1f} GB are still to come, and only {free / 1e9:.1f} GB are free in {growing.parent}: "
            "make room, or set `paths.models` to another disk"
        )


def bytes_in(folder: Path) -> int:
    """How much a folder holds, what is on its way included."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total


def _bring(hub: Hub, repository: Repository, revision: str, file: HubFile, folder: Path) -> None:
    """Have one file in the folder; a connection that breaks off is taken up again, as long as something comes."""
    if file.is_at(folder / file.name):
        return
    (folder / file.name).unlink(missing_ok=True)
    tries, backoff, came = TRIES, Backoff(FIRST_WAIT_S), False
    while not came:
        held = bytes_in(folder)
        try:
            _download(hub, repository, revision, file, folder)
            came = True
        except BrokenOffError:
            tries -= 1
            if bytes_in(folder) > held:
                tries = TRIES
                backoff.reset()
            if not tries:
                raise
            time.sleep(backoff.next_s())


def _download(hub: Hub, repository: Repository, revision: str, file: HubFile, folder: Path) -> None:
    hub.download(repository, revision, file, folder)
    if not file.is_at(folder / file.name):
        (folder / file.name).unlink(missing_ok=True)
        raise HubError(
            f"{file.name} came, but is not what the hub's checksum says, and was thrown away: run it again; if that "
            "does not help, something between here and the hub changes files"
        )


def _finish(repository: Repository, listing: Listing, growing: Path, folder: Path) -> None:
    """Write the manifest, then let the new folder take the place of the old."""
    shutil.rmtree(growing / ".cache", ignore_errors=True)
    kept = {growing / name for name in listing.files}
    for path in growing.rglob("*"):
        if path.is_file() and path not in kept:
            path.unlink()
    files = {name: Fingerprint.of(growing / name) for name in listing.files}
    for name in files:
        with (growing / name).open("rb") as file:
            os.fsync(file)
    Manifest(repo=str(repository), revision=listing.revision, files=files).write(growing)
    former = growing.with_suffix(".former")
    shutil.rmtree(former, ignore_errors=True)
    if folder.exists():
        folder.rename(former)
    growing.rename(folder)
    shutil.rmtree(former, ignore_errors=True)
