"""`voxd tidy`: frees what nobody needs any more, beside a running daemon or without one."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from voxd.announcing.journal.file import JournalFile
from voxd.announcing.journal.upkeep import Limits
from voxd.app import outputs_of
from voxd.commands import leftovers
from voxd.daemon import only_one
from voxd.errors import VoxdError
from voxd.lib.os_errors import in_words
from voxd.lib.owners import as_owner_of
from voxd.paths import Paths, paths_in_force
from voxd.settings import Settings
from voxd.settings.engines import HostSettings
from voxd.synthesis.enrolled.store import VoiceStore
from voxd.synthesis.phrase_cache import PhraseCache

MEGABYTE = 1_000_000
JOURNAL_ROWS_MAX = 100_000
_DAY_S = 86_400


class Freed(NamedTuple):
    """What was freed of one kind."""

    things: int
    bytes: int


def tidy(settings: Settings) -> None:
    """Free all that can be, and print what that was. Raises VoxdError where something could not be; the rest was."""
    paths = paths_in_force(settings.paths)
    with as_owner_of(paths.state):  # what root makes here the daemon could not use
        _tidy(settings, paths)


def _tidy(settings: Settings, paths: Paths) -> None:
    problems, total = [], 0
    for what, free in _kinds(settings, paths):
        try:
            freed = free()
        except (OSError, sqlite3.Error, VoxdError) as error:
            problems.append(f"{what}: {in_words(error) if isinstance(error, OSError) else error}")
            continue
        total += freed.bytes
        if freed.things:
            print(f"{what}: {freed.things} removed, {freed.bytes / MEGABYTE:.1f} MB")
    print(f"{total / MEGABYTE:.1f} MB freed")
    if problems:
        raise VoxdError("Not everything could be tidied. " + "; ".join(problems))


def _kinds(settings: Settings, paths: Paths) -> Iterator[tuple[str, Callable[[], Freed]]]:
    """What is looked at, and what frees it. Everything may be done while the daemon runs, but what it owns alone."""
    engines = [name for name, engine in settings.engines.items() if isinstance(engine, HostSettings)]
    outputs = [name for zone in outputs_of(settings).values() for name in zone]
    yield "Phrase cache", lambda: _bounded(paths.phrases, settings.cache.max_mb * MEGABYTE)
    yield (
        "Embeddings of voices that are gone",
        lambda: _removed(leftovers.orphaned_embeddings(paths.embeddings, _speakers(paths))),
    )
    yield (
        "Compiled by engines that are gone",
        lambda: _removed(leftovers.orphaned_scratch(paths.cache / "engines", engines)),
    )
    yield (
        "Recordings of outputs that are gone",
        lambda: _removed(leftovers.orphaned_recordings(paths.recordings, outputs)),
    )
    yield "Models that were never fetched whole", lambda: _removed(leftovers.abandoned_downloads(paths.models))
    yield "History", lambda: _forgotten(paths, settings.announcements.history_days)


def _speakers(paths: Paths) -> set[str]:
    return {voice.speaker for voice in VoiceStore(paths.enrolled).read().voices} if paths.enrolled.is_dir() else set()


def _bounded(folder: Path, max_bytes: int) -> Freed:
    if not folder.is_dir():
        return Freed(0, 0)
    cache = PhraseCache(folder, max_bytes)
    before = cache.stats()
    cache.tidy()
    after = cache.stats()
    return Freed(max(0, before.clips - after.clips), max(0, before.bytes - after.bytes))


def _removed(things: Iterator[Path]) -> Freed:
    """Remove files and folders. Raises OSError."""
    count = total = 0
    for thing in things:
        size = sum(each.lstat().st_size for each in (thing, *thing.rglob("*")) if each.is_file())
        if thing.is_dir():
            shutil.rmtree(thing)
        else:
            thing.unlink(missing_ok=True)
        count, total = count + 1, total + size
    return Freed(count, total)


def _forgotten(paths: Paths, history_days: float) -> Freed:
    """A daemon that runs forgets by itself, every hour; where none does, it is done here."""
    if not paths.journal.is_file():
        return Freed(0, 0)
    try:
        with only_one(paths.lock):
            return _forgotten_alone(paths.journal, history_days)
    except VoxdError:
        return Freed(0, 0)


def _forgotten_alone(path: Path, history_days: float) -> Freed:
    journal = JournalFile(path, Limits(history_days * _DAY_S, JOURNAL_ROWS_MAX))
    try:
        journal.open(lambda *_: None)
        before = journal.connection.sqlite.total_changes
        while not journal.forget():
            pass
        return Freed(journal.connection.sqlite.total_changes - before, 0)
    finally:
        journal.close()
