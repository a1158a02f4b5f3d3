"""The chimes of the house: those of our own making, and the owner's files, which need no restart to be found."""

import asyncio
import difflib
import math
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from voxd.announcing.studio.chime_file import NAME_MAX_CHARS, listed, read
from voxd.audio.chimes import CHIMES
from voxd.audio.loudness import loudness_lufs
from voxd.audio.resample import resampled_whole
from voxd.errors import BadRequestError
from voxd.lib.threads import in_daemon_thread
from voxd.model.audio import Chunk

KEPT_MAX = 12
"""So many are kept ready, the owner's files both as they were read and at the rate they were last played at."""
SETTLED_NS = 1_000_000_000
"""What changed in a folder less than that ago may change again without a trace in its time."""
MEASURED_S = 3.0
"""A chime is as loud as it is when it is repeated for so long."""
OWN_RATE_HZ = 48_000


@dataclass(frozen=True, slots=True)
class Chime:
    """A chime as it is played, mono; None for a loudness that is not known."""

    name: str
    sound: Chunk
    loudness_lufs: float | None


class ChimeBook:
    """Finds chimes by name; a name is looked up in a listing of the folder and never becomes a path.

    A file of the owner's hides a chime of ours that has its name.
    """

    def __init__(self, folder: Path, ffmpeg: str = "ffmpeg") -> None:
        self._folder = folder
        self._ffmpeg = ffmpeg
        self._listing: tuple[int, dict[str, Path]] = (0, {})
        self._ready: OrderedDict[Hashable, Chime] = OrderedDict()
        self._making: dict[Hashable, asyncio.Task[Chime]] = {}

    def names(self) -> tuple[str, ...]:
        """All chimes there are now, by name."""
        return tuple(sorted(CHIMES.keys() | self._files().keys()))

    def check(self, name: str) -> str:
        """The name as `names` has it. Raises BadRequestError where there is no such chime."""
        names = self.names()
        if (wanted := _normal(name)) not in names:
            near = difflib.get_close_matches(wanted[:NAME_MAX_CHARS], names, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else f"; there are: {', '.join(names[:20])}"
            raise BadRequestError(f'There is no chime "{name[:NAME_MAX_CHARS]}"{hint}')
        return wanted

    def file(self, name: str) -> Path | None:
        """The owner's file of that name; None where the chime is one of ours, or none at all."""
        return self._files().get(_normal(name))

    async def chime(self, name: str, rate_hz: int | None = None) -> Chime:
        """The chime at that rate, by default its own. Raises BadRequestError with what is wrong.

        Whoever waits no longer leaves it to be ready for the next.
        """
        key, make = self._source(name, rate_hz)
        if key in self._ready:
            self._ready.move_to_end(key)
            return self._ready[key]
        if key not in self._making:
            self._making[key] = asyncio.create_task(self._made(key, make), name=f"chime {name}")
        return await asyncio.shield(self._making[key])

    async def stop(self) -> None:
        """Make none any more."""
        making = tuple(self._making.values())
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)

    def _source(self, name: str, rate_hz: int | None) -> tuple[Hashable, "partial[Chime]"]:
        """What tells the chime from every other, and how it is made. Raises BadRequestError."""
        wanted = _normal(name)
        file = self._files().get(wanted)
        if file is None:
            self.check(name)
            rate_hz = rate_hz or OWN_RATE_HZ
            return (wanted, rate_hz), partial(_own, wanted, rate_hz)
        try:
            told = file.stat()
        except OSError as error:
            raise BadRequestError(f"{file} cannot be read: {error.strerror}") from error
        return (file, told.st_mtime_ns, told.st_size, rate_hz), partial(_owners, wanted, file, rate_hz, self._ffmpeg)

    def _files(self) -> dict[str, Path]:
        """The owner's files by name; the folder is looked through again when it has changed."""
        try:
            changed_ns = self._folder.stat().st_mtime_ns
        except OSError:
            return {}
        known_ns, files = self._listing
        if changed_ns != known_ns:
            files = listed(self._folder)
            is_settled = time.time_ns() - changed_ns > SETTLED_NS
            self._listing = (changed_ns if is_settled else 0, files)
        return files

    async def _made(self, key: Hashable, make: "partial[Chime]") -> Chime:
        try:
            chime = await in_daemon_thread(make, "chime")
        finally:
            del self._making[key]
        self._ready[key] = chime
        while len(self._ready) > KEPT_MAX:
            self._ready.popitem(last=False)
        return chime


def _own(name: str, rate_hz: int) -> Chime:
    return _measured(name, CHIMES[name](rate_hz))


def _owners(name: str, file: Path, rate_hz: int | None, ffmpeg: str) -> Chime:
    sound = read(file, ffmpeg)
    return _measured(name, resampled_whole(sound, rate_hz or sound.format.rate_hz))


def _measured(name: str, sound: Chunk) -> Chime:
    return Chime(name, sound, loudness_lufs([sound] * math.ceil(MEASURED_S / sound.duration_s)))


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", name)
