"""What every frontend needs of the house: who announces, and who renders."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Protocol

from voxd.announcing.progress import HouseState
from voxd.model.announcement import Announcement
from voxd.model.audio import Chunk
from voxd.model.identifiers import AnnouncementId
from voxd.model.voice import Voice


class Announcer(Protocol):
    """Takes announcements over; announcing/announcer.py in the daemon."""

    async def announce(self, announcement: Announcement) -> bool:
        """Returns once it is safe; False where its id is known already.

        Raises BadRequestError or BusyError when refused, StorageError when not taken over.
        """

    async def refuse(self, id_: AnnouncementId, source: str, reason: str, excerpt: str = "") -> bool:
        """Note that something was refused; False where its id was accepted before. Raises StorageError."""

    def house_state(self) -> HouseState:
        """Where the house stands."""


class Renderer(Protocol):
    """Text in, sound back; nothing is played; announcing/renderer.py in the daemon."""

    def render(
        self,
        text: str | AsyncIterator[str],
        *,
        voice: str | None = None,
        language: str | None = None,
        rate: float | None = None,
    ) -> AsyncGenerator[Chunk, None]:
        """The sound of a text, or of a text that still comes in fragments, in one format.

        At least one chunk is not empty, or it raises a VoxdError. Closing it cancels the synthesis.
        """

    def voices(self) -> tuple[Voice, ...]:
        """Every voice, the default first."""
