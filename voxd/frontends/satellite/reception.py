"""Where sounds go that a satellite was given: they are announced as the owner wants it, and their ends are told."""

import time
from collections.abc import Callable

from voxd.announcing.progress import Progress, Step
from voxd.frontends.ending import Ending
from voxd.frontends.house import Announcer, Recordings
from voxd.model.announcement import Announcement, Priority
from voxd.model.audio import Chunk
from voxd.model.identifiers import AnnouncementId, ZoneId
from voxd.settings import SatelliteSettings

SOURCE = "satellite"


class Reception:
    """Hears of all progress between `open` and what that returns."""

    def __init__(
        self, settings: SatelliteSettings, announcer: Announcer, recordings: Recordings, progress: Progress
    ) -> None:
        self._zones = tuple(map(ZoneId, settings.zones))
        self._priority = Priority[settings.priority.upper()]
        self._announcer = announcer
        self._recordings = recordings
        self._progress = progress
        self._endings: dict[AnnouncementId, Ending] = {}

    def open(self) -> Callable[[], None]:
        """Be told what becomes of announcements, until what is returned is called."""
        return self._progress.listen(self._told)

    async def announce(self, sound: Chunk) -> Ending:
        """Have a sound announced; it is safe when this returns. Raises BadRequestError, BusyError and StorageError."""
        announcement = Announcement(
            f"A sound of {sound.duration_s:.1f} s",
            zones=self._zones,
            priority=self._priority,
            recording=await self._recordings.take_over(sound),
            source=SOURCE,
            received_at=time.time(),
        )
        self._endings[announcement.id] = ending = Ending(announcement)
        try:
            await self._announcer.announce(announcement)
        except BaseException:
            self._endings.pop(announcement.id, None)
            raise
        return ending

    def _told(self, step: Step) -> None:
        ending = self._endings.get(step.announcement)
        if ending is not None:
            ending.told(step)
            if ending.is_there:
                del self._endings[step.announcement]
