"""The phrase cache: clips kept on disk, content-addressed, checked, bounded."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from voxd.model.audio import Clip
from voxd.synthesis import clip_file
from voxd.synthesis.clip_folder import ClipFolder, StoredFile
from voxd.synthesis.ledger import Entry, Ledger

log = logging.getLogger(__name__)

KEPT_AFTER_EVICTION = 0.9
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What the cache holds, and what this process has met so far; `working` is false while it cannot store."""

    clips: int
    bytes: int
    max_bytes: int
    hits: int = 0
    misses: int = 0
    damaged: int = 0
    working: bool = True


class PhraseCache:
    """Clips under their keys, at most `max_bytes` of files; the least recently used ones make room.

    Every method blocks and none fails: a disk that is full or broken makes it a cache that knows nothing, which
    is said once when it begins and once when it is over. Use one object in one thread; several processes may
    share a folder.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._files = ClipFolder(folder)
        self._ledger = Ledger(folder / "ledger")
        self._max_bytes = max_bytes
        self._counted = False
        self._working = True
        self._hits = self._misses = self._damaged = 0

    def sweep(self) -> None:
        """Make the folder and remove what writers that were killed left in it."""
        self._guarded(self._prepare, None)

    def tidy(self) -> None:
        """Remove what writers that were killed left, and the least recently used where there is too much."""
        self._guarded(self._prepare, None)
        self._guarded(self._bound, None)

    def get(self, key: str) -> Clip | None:
        """The clip stored under `key`, or None. A damaged file is removed and counts as a miss."""
        clip = self._guarded(lambda: self._read(key), None)
        if clip is None:
            self._misses += 1
        else:
            self._hits += 1
        return clip

    def holds(self, key: str) -> bool:
        """Whether there is a file of that key, without reading it: a look at the directory only."""
        return self._files.has(key)

    def put(self, key: str, clip: Clip) -> None:
        """Store a clip; at once and whole, or not at all."""
        data = clip_file.to_bytes(key, clip)
        if len(data) <= self._max_bytes * KEPT_AFTER_EVICTION and self._guarded(lambda: self._store(key, data), False):
            self._say_working(None)

    def remove(self, key: str) -> None:
        """Remove a clip, if it is there."""
        self._guarded(lambda: self._files.path(key).unlink(missing_ok=True), None)

    def remove_all(self, prefix: str) -> None:
        """Remove the clips whose keys begin so."""
        self._guarded(lambda: self._files.remove_all(prefix), None)

    def stats(self) -> CacheStats:
        """What is there now; lists the whole folder."""
        files: list[StoredFile] = self._guarded(lambda: list(self._files.files()), [])
        total = sum(file.bytes for file in files)
        return CacheStats(len(files), total, self._max_bytes, self._hits, self._misses, self._damaged, self._working)

    def clear(self) -> int:
        """Remove all clips; how many that were."""
        return self._guarded(self._remove_all, 0)

    def _prepare(self) -> None:
        self._files.make()
        swept = self._files.sweep()
        if swept:
            log.debug("Removed %d unfinished files from the phrase cache", swept)

    def _read(self, key: str) -> Clip | None:
        path = self._files.path(key)
        try:
            data = self._files.read(path, self._max_bytes)
        except FileNotFoundError:
            return None
        clip = clip_file.from_bytes(key, data) if data is not None else None
        if clip is None:
            self._damaged += 1
            log.warning("A damaged clip was removed from the phrase cache: %s", path.name)
            path.unlink(missing_ok=True)
        return clip

    def _store(self, key: str, data: bytes) -> bool:
        path = self._files.path(key)
        self._files.make()
        path.parent.mkdir(0o700, exist_ok=True)
        with self._files.written(data) as finished, self._ledger.open() as entry:
            self._make_room(entry, len(data))
            with suppress(FileNotFoundError):  # somebody swept or cleared the folder under us: not stored
                finished.replace(path)
        return True

    def _make_room(self, entry: Entry, wanted_bytes: int) -> None:
        """Enter a file that is about to appear; evict when it would be too much, or count if nobody has."""
        total = entry.read() if self._counted else None
        if total is None or total + wanted_bytes > self._max_bytes:
            total = self._evict(wanted_bytes)
            self._counted = True
        entry.write(total + wanted_bytes)

    def _bound(self) -> None:
        with self._ledger.open() as entry:
            entry.write(self._evict(0))

    def _evict(self, wanted_bytes: int) -> int:
        """Bytes that remain after the oldest files were removed, if all of them and the wanted are too many."""
        files = sorted(self._files.files(), key=lambda file: file.used_at_ns)
        total = sum(file.bytes for file in files)
        if total + wanted_bytes <= self._max_bytes:
            return total
        for file in files:
            if total + wanted_bytes <= self._max_bytes * KEPT_AFTER_EVICTION:
                break
            file.path.unlink(missing_ok=True)
            total -= file.bytes
        return total

    def _remove_all(self) -> int:
        if not self._files.folder.exists():
            return 0
        with self._ledger.open() as entry:
            files = list(self._files.files())
            for file in files:
                file.path.unlink(missing_ok=True)
            entry.write(0)
        return len(files)

    def _guarded(self, work: Callable[[], Answer], otherwise: Answer) -> Answer:
        """The work's answer, or the other one if the disk did not let it be done."""
        try:
            return work()
        except OSError as error:
            self._say_working(error)
            return otherwise

    def _say_working(self, error: OSError | None) -> None:
        if error is None and not self._working:
            log.info("The phrase cache works again")
        if error is not None and self._working:
            log.warning("The phrase cache cannot be used (%s); voxd speaks on without it", error.strerror or error)
        self._working = error is None
