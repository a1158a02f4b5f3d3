"""Making a backup: everything is copied aside, so that nothing changes any more, then written into one file."""

import logging
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from voxd import __version__
from voxd.backup import archive
from voxd.backup.archive import FORMAT, Manifest, Source
from voxd.backup.contents import JOURNAL, Place, places_of
from voxd.backup.journal_copy import copy_journal
from voxd.errors import StorageError, VoxdError
from voxd.lib.lone import alone
from voxd.lib.os_errors import in_words
from voxd.paths import Paths

log = logging.getLogger(__name__)

TRIES = 10
AGAIN_AFTER_S = 0.5
Looks = dict[str, tuple[int, int, int]]


def make(paths: Paths, node: str, out: IO[bytes]) -> Manifest:
    """Write a backup of the house, whether or not its daemon runs; gives what is in it. Raises VoxdError."""
    if not paths.state.is_dir():
        raise StorageError(f"There is nothing to back up: there is no folder {paths.state}")
    try:
        with tempfile.TemporaryDirectory(prefix="voxd-backup-") as made:
            aside = Path(made)
            _copy(paths, aside)
            sources = tuple(_sources(aside))
            now = datetime.now(UTC).isoformat(timespec="seconds")
            files = {source.name: archive.entry_of(source.path) for source in sources}
            manifest = Manifest(FORMAT, __version__, node, now, files)
            archive.write(out, manifest, sources)
            return manifest
    except OSError as error:
        raise StorageError(f"The backup cannot be made: {error.filename or ''} {in_words(error)}".strip()) from error


def _copy(paths: Paths, aside: Path) -> None:
    """Everything; where no daemon runs, none begins meanwhile."""
    with ExitStack() as held:
        try:
            held.enter_context(alone(paths.lock))
            in_use = False
        except BlockingIOError:
            in_use = True
        _copy_state(paths, aside, in_use=in_use)
        for place in places_of(paths):
            _copy_unchanged(place, aside / place.name)


def _copy_state(paths: Paths, aside: Path, *, in_use: bool) -> None:
    """The journal, and nothing of what was needed to make it whole."""
    (aside / "state").mkdir()
    copy_journal(paths.state, aside / "state", in_use=in_use)
    for file in (aside / "state").iterdir():
        if file.name != JOURNAL:
            file.unlink()


def _copy_unchanged(place: Place, into: Path) -> None:
    """Copy a place as it is at one moment: again, where something of it changed meanwhile."""
    for _ in range(TRIES):
        before = _looks(place)
        try:
            for path in before:
                (into / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(place.folder / path, into / path)
        except FileNotFoundError:
            log.info("Something of %s went away while it was copied; it is copied again", place.folder)
        if _looks(place) == before and all((into / path).exists() for path in before):
            _drop_others(into, before)
            return
        time.sleep(AGAIN_AFTER_S)
    raise VoxdError(f"{place.folder} does not stop changing; try again later")


def _looks(place: Place) -> Looks:
    """Every file of a place, and what changes with it."""
    found: Looks = {}
    for path in place.files():
        try:
            stat = (place.folder / path).stat()
        except FileNotFoundError:
            continue
        found[path] = stat.st_ino, stat.st_size, stat.st_ctime_ns
    return found


def _drop_others(into: Path, wanted: Looks) -> None:
    """What an earlier try copied and is no longer there."""
    for file in tuple(into.rglob("*")):
        path = file.relative_to(into).as_posix()
        if file.is_file() and path not in wanted and path != JOURNAL:
            file.unlink()


def _sources(aside: Path) -> Iterator[Source]:
    for file in sorted(aside.rglob("*")):
        if file.is_file():
            yield Source(file.relative_to(aside).as_posix(), file)
