"""What must not be lost, and where in the house it lies. Models can be fetched again; secrets are never among it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from voxd.paths import Paths

JOURNAL = "journal.sqlite"
NOTES = "journal.notes"
STATE_FILES = frozenset((JOURNAL, "standing-orders.json", "preferences.json", "id"))
ENROLLED = "enrolled"
GIVES_WAY = frozenset((f"{JOURNAL}-wal", f"{JOURNAL}-shm", f"{JOURNAL}-journal", NOTES))
"""What belongs to a journal and must not be left beside another one."""
_ENROLLED_FILE = re.compile(r"[0-9a-f]{32}/(removed\.json|[1-9][0-9]{0,8}/(clip\.wav|voice\.json))")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of the house, by its name in archives. Where nothing is `named`, all files in it are meant.

    What is meant may be a link only where `links` are.
    """

    name: str
    folder: Path
    named: frozenset[str] = field(default=frozenset())
    links: bool = False

    def takes(self, path: str) -> bool:
        """Whether a file of an archive may lie there: no other folder is ever reached by it."""
        first, slash, rest = path.partition("/")
        if self.named and slash:
            return first == ENROLLED and _ENROLLED_FILE.fullmatch(rest) is not None
        return not slash and (path in STATE_FILES if self.named else _is_plain(path))

    def present(self) -> Iterator[str]:
        """The names in the folder that a restore puts others in the place of."""
        if not self.folder.is_dir():
            return
        for entry in sorted(self.folder.iterdir()):
            if entry.name in self.named if self.named else self._is_meant(entry):
                yield entry.name

    def files(self) -> Iterator[str]:
        """The paths in the folder that a backup takes as they are: all but the journal."""
        for name in self.present():
            for path in _below(self.folder, name):
                if path != JOURNAL and self.takes(path):
                    yield path

    def _is_meant(self, entry: Path) -> bool:
        return _is_plain(entry.name) and entry.is_file() and (self.links or not entry.is_symlink())


def places_of(paths: Paths) -> tuple[Place, ...]:
    """The places of a house."""
    state = Place("state", paths.state, STATE_FILES | GIVES_WAY | {ENROLLED})
    return state, Place("voices", paths.voices), Place("chimes", paths.chimes, links=True)


def _is_plain(name: str) -> bool:
    """Whether a name is that of something visible in the folder itself."""
    return bool(name) and not name.startswith(".") and "/" not in name and name.isprintable()


def _below(folder: Path, path: str) -> Iterator[str]:
    if (folder / path).is_dir():
        for child in sorted((folder / path).iterdir()):
            yield from _below(folder, f"{path}/{child.name}")
    elif (folder / path).is_file():
        yield path
