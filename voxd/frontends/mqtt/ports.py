"""What the MQTT frontend needs of the house, and of the wire."""

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from voxd.announcing.progress import HouseState
from voxd.model.announcement import Announcement
from voxd.model.audio import Chunk
from voxd.model.identifiers import AnnouncementId
from voxd.wire.mqtt.packets import Publication

Publish = Callable[[Publication], None]


class Announcer(Protocol):
    """Takes announcements over; announcing/announcer.py in the daemon."""

    async def announce(self, announcement: Announcement) -> None:
        """Returns once it is safe. Raises BadRequestError, BusyError when refused, StorageError when not taken over."""

    async def refuse(self, id_: AnnouncementId, source: str, reason: str, excerpt: str = "") -> None:
        """Note that something was refused. Raises StorageError."""

    def house_state(self) -> HouseState:
        """Where the house stands."""


class Renderer(Protocol):
    """Gives sound back; announcing/renderer.py in the daemon."""

    def render(
        self, text: str, *, voice: str | None = None, language: str | None = None, rate: float | None = None
    ) -> AsyncGenerator[Chunk, None]:
        """The sound of a text. Raises VoxdError."""
