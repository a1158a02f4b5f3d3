"""The recordings: sounds that came by a door and are announced in place of speech, kept until they are over."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from voxd.announcing import recording_files as files
from voxd.announcing.progress import Step
from voxd.announcing.recording_files import Recording
from voxd.audio import wav
from voxd.errors import BadRequestError, StorageError
from voxd.lib.os_errors import in_words
from voxd.lib.threads import in_daemon_thread
from voxd.model.announcement import Announcement
from voxd.model.audio import Chunk
from voxd.model.identifiers import AnnouncementId

log = logging.getLogger(__name__)

RATES_HZ = range(8_000, 48_001)
TOTAL_MAX_BYTES = 256_000_000
"""All that is kept; an hour and a half as Home Assistant sends it."""
SPARE_MAX = 4
"""So many of those that are over are kept, so that they can be replayed."""
FRESH_S = 60.0
"""So long at least one is kept for the announcement that is to name it."""
CLAIMS_MAX = 64
"""So many announcements to come of the same sound are told apart."""
_GONE = "The sound of it is not kept any more"


class Recordings:
    """In one folder, named by what is in them: the same sound has the same name, and no name is anybody's choice.

    `longest_s` is how long a sound may last; it may be replaced.
    """

    def __init__(self, folder: Path, longest_s: float, total_max_bytes: int = TOTAL_MAX_BYTES) -> None:
        self._folder = folder
        self._total_max_bytes = total_max_bytes
        self.longest_s = longest_s
        self._bytes: dict[str, int] = {}
        self._holders: dict[str, set[AnnouncementId]] = {}
        self._claims: dict[str, deque[float]] = {}
        self._spare: dict[str, None] = {}
        self._writing = asyncio.Lock()

    async def open(self, announcements: Iterable[Announcement]) -> None:
        """Keep what these announcements need, and sweep out everything else; what cannot be is told."""
        for announcement in announcements:
            self.hold(announcement)
        given = self._folder, set(self._holders)
        try:
            self._bytes = await in_daemon_thread(partial(files.kept, *given), "recordings")
            await in_daemon_thread(partial(files.sweep, *given), "recordings")
        except OSError as error:
            log.error("%s cannot be swept: %s", self._folder, in_words(error))

    async def take_over(self, sound: bytes | Chunk) -> str:
        """Keep a sound; its name. See the port in frontends/house.py."""
        understood = await in_daemon_thread(partial(self._understood, sound), "recording")
        name = await in_daemon_thread(partial(files.name_of, understood), "recording")
        async with self._writing:
            if name not in self._bytes:
                await self._make_room(len(understood.pcm))
                await self._write(name, understood)
            self._claim(name)
            if name not in self._holders:
                self._set_aside(name)
        return name

    def check(self, announcement: Announcement) -> None:
        """Raises BadRequestError where it names a recording that there is none of."""
        if announcement.recording is not None and announcement.recording not in self._bytes:
            raise BadRequestError(_GONE)

    def claim(self, announcement: Announcement) -> None:
        """It is about to be announced again: what it needs stays until it is held, as what was just taken over does."""
        if announcement.recording in self._bytes:
            self._claim(announcement.recording)

    def hold(self, announcement: Announcement) -> None:
        """Keep what the announcement needs until it is over."""
        name = announcement.recording
        if name is not None:
            self._holders.setdefault(name, set()).add(announcement.id)
            self._spare.pop(name, None)
            if claims := self._claims.get(name):
                claims.popleft()

    def note(self, step: Step) -> None:
        """Listens to all progress: what is over needs nothing any more."""
        if not step.state.is_end:
            return
        for name, holders in tuple(self._holders.items()):
            holders.discard(step.announcement)
            if not holders:
                del self._holders[name]
                self._set_aside(name)

    async def load(self, name: str) -> Recording:
        """A recording, to be played. Raises BadRequestError where it is gone or damaged."""
        if name not in self._bytes:
            raise BadRequestError(_GONE)
        try:
            return await in_daemon_thread(partial(files.read, self._folder, name), "recording")
        except FileNotFoundError:
            raise BadRequestError(_GONE) from None
        except OSError as error:
            raise BadRequestError(f"Its sound cannot be read: {in_words(error)}") from error

    def _understood(self, sound: bytes | Chunk) -> Chunk:
        """Mono, whole frames. Raises BadRequestError."""
        chunk = wav.parse(sound) if isinstance(sound, bytes) else sound
        rate_hz = chunk.format.rate_hz
        if rate_hz not in RATES_HZ:
            raise BadRequestError(f"A sound has {RATES_HZ[0]} to {RATES_HZ[-1]} samples a second here, not {rate_hz}")
        if not chunk.frames:
            raise BadRequestError("There is no sound in it")
        if chunk.duration_s > self.longest_s:
            raise BadRequestError(
                f"The sound lasts {chunk.duration_s:.0f} s; {self.longest_s:g} s are taken (satellite.sound_max_s)"
            )
        whole = files.in_one_channel(chunk)
        if wav.HEADER_BYTES + len(whole.pcm) > wav.MAX_BYTES:
            raise BadRequestError(f"The sound takes more than {wav.MAX_BYTES // 2**20} MiB")
        return whole

    def _claim(self, name: str) -> None:
        """An announcement is about to hold it."""
        self._claims.setdefault(name, deque(maxlen=CLAIMS_MAX)).append(asyncio.get_running_loop().time())

    def _is_claimed(self, name: str) -> bool:
        fresh_since = asyncio.get_running_loop().time() - FRESH_S
        return any(at >= fresh_since for at in self._claims.get(name, ()))

    def _set_aside(self, name: str) -> None:
        """It is spare, and the last to be removed of all that are."""
        self._spare.pop(name, None)
        self._spare[name] = None

    async def _make_room(self, count: int) -> None:
        """Remove what is spare and not to be announced at once. Raises StorageError where that is not enough."""
        for name in tuple(self._spare):
            is_free = name in self._spare and not self._is_claimed(name)  # it may be held again meanwhile
            if is_free and (len(self._spare) > SPARE_MAX or self._is_full(count)):
                await self._remove(name)
        if self._is_full(count):
            raise StorageError(
                f"More than {self._total_max_bytes // 1_000_000} MB of sound wait to be played; try later"
            )

    def _is_full(self, count: int) -> bool:
        return sum(self._bytes.values()) + count > self._total_max_bytes

    async def _write(self, name: str, sound: Chunk) -> None:
        try:
            await in_daemon_thread(partial(files.write, self._folder, name, sound), "recording")
        except OSError as error:
            raise StorageError(f"The sound could not be written: {in_words(error)}") from error
        self._bytes[name] = len(sound.pcm)

    async def _remove(self, name: str) -> None:
        del self._spare[name]
        self._bytes.pop(name, None)
        self._claims.pop(name, None)
        file = files.file_of(self._folder, name)
        try:
            await in_daemon_thread(partial(file.unlink, missing_ok=True), "recording")
        except OSError as error:
            log.error("%s cannot be removed: %s", file, in_words(error))
