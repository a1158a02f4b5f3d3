"""New files in the place of old ones: all of them, or none, also where it is cut off in the middle.

The new ones are gathered beside the old ones, in a hidden folder of each place. From the moment the mark is on the disk
they are meant to be there: whoever comes next, a restore or the daemon's start, carries on where the last one ended.
"""

import errno
import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from voxd.backup.contents import Place
from voxd.errors import StorageError
from voxd.lib import durable
from voxd.lib.os_errors import in_words
from voxd.lib.owners import as_owner_of

log = logging.getLogger(__name__)

ASIDE, NEW, OLD, MARK = ".restoring", "new", "old", "mark"
FOLDER_MODE, PLACE_MODE = 0o700, 0o750
Names = Mapping[str, Sequence[str]]


class Exchange:
    """Of the files of some places; the first holds the mark. Whoever uses it holds the lock of the state folder."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = places
        self._mark = places[0].folder / ASIDE / MARK

    def begin(self) -> None:
        """Make room for new files, and forget those of an exchange that never came to its mark. Raises OSError."""
        for place in self._places:
            with as_owner_of(place.folder):
                shutil.rmtree(place.folder / ASIDE, ignore_errors=True)
                place.folder.mkdir(PLACE_MODE, parents=True, exist_ok=True)
                (place.folder / ASIDE / NEW).mkdir(FOLDER_MODE, parents=True)
                (place.folder / ASIDE / OLD).mkdir(FOLDER_MODE)

    def new(self, place: Place, path: str) -> Path:
        """Where the new file of that path is to be put."""
        return place.folder / ASIDE / NEW / path

    def commit(self) -> None:
        """Have the new files take the place of the old ones. Raises StorageError; all is as it was then."""
        names = {place.name: self._gathered(place) for place in self._places}
        try:
            with as_owner_of(self._mark):
                durable.replace(self._mark, json.dumps(names).encode())
            self._swap(names)
        except OSError as error:
            self._undo(names)
            raise StorageError(f"{error.filename or 'The files'} cannot be put in place: {in_words(error)}") from error
        self._end()

    def carry_on(self) -> bool:
        """Finish what was cut off; False where nothing was. Raises StorageError."""
        if not self._mark.exists():
            self._discard()
            return False
        try:
            names: Names = json.loads(self._mark.read_bytes())
            self._swap(names)
            self._end()
        except (OSError, ValueError) as error:
            raise StorageError(f"A restore was cut off, and cannot be finished: {in_words(error)}") from error
        return True

    def discard(self) -> None:
        """Forget new files that never came to their mark."""
        if not self._mark.exists():
            self._discard()

    def _discard(self) -> None:
        for place in self._places:
            with suppress(OSError), as_owner_of(place.folder):
                shutil.rmtree(place.folder / ASIDE, ignore_errors=True)

    def _gathered(self, place: Place) -> list[str]:
        return sorted(path.name for path in (place.folder / ASIDE / NEW).iterdir())

    def _swap(self, names: Names) -> None:
        for place in self._places:
            with as_owner_of(place.folder):
                _swap(place, frozenset(names.get(place.name, ())))

    def _undo(self, names: Names) -> None:
        """As far as that can be; where it cannot, the mark stays, and so does what was kept aside."""
        try:
            for place in self._places:
                with as_owner_of(place.folder):
                    _swap_back(place, frozenset(names.get(place.name, ())))
        except OSError as error:
            log.error("What was there is kept in %s: %s", self._mark.parent, in_words(error))
            return
        self._end()

    def _end(self) -> None:
        """The new ones stand: nothing is to be carried on, and the old ones go."""
        with as_owner_of(self._mark):
            self._mark.unlink(missing_ok=True)
            if self._mark.parent.is_dir():
                durable.sync_folder(self._mark.parent)
        self._discard()


def _swap(place: Place, names: frozenset[str]) -> None:
    """Old files go aside, then new ones come; what is no longer among the new has come already."""
    aside = place.folder / ASIDE
    if not aside.is_dir():
        return
    for name in tuple(place.present()):
        if name not in names or (aside / NEW / name).exists():
            _move(place.folder / name, aside / OLD / name)
    durable.sync_folder(aside / OLD)
    for name in sorted(names):
        if (aside / NEW / name).exists():
            _move(aside / NEW / name, place.folder / name)
    durable.sync_folder(place.folder)


def _swap_back(place: Place, names: frozenset[str]) -> None:
    aside = place.folder / ASIDE
    for name in names:
        if not (aside / NEW / name).exists() and (place.folder / name).exists():
            _move(place.folder / name, aside / NEW / name)
    for old in (aside / OLD).iterdir():
        _move(old, place.folder / old.name)
    durable.sync_folder(place.folder)


def _move(source: Path, target: Path) -> None:
    """Rename it. A folder goes child by child where the target has some already, or an overlay renames no folders.

    (What an overlay does not rename is of its lower layers; what was made here, the new ones, it does.)
    """
    if not (source.is_dir() and target.is_dir()):
        try:
            source.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV or not source.is_dir():
                raise
        else:
            return
    target.mkdir(FOLDER_MODE, exist_ok=True)
    for child in sorted(source.iterdir()):
        _move(child, target / child.name)
    source.rmdir()
