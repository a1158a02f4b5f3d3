"""The satellite frontend: a second Wyoming port, which Home Assistant takes for a satellite that only announces."""

from collections.abc import Callable

from voxd.announcing.progress import Progress
from voxd.frontends.house import Announcer, Recordings
from voxd.frontends.satellite.conversation import Conversation
from voxd.frontends.satellite.gathering import Room
from voxd.frontends.satellite.reception import Reception
from voxd.frontends.wyoming.door import Door, Doorplate
from voxd.frontends.wyoming.door_frontend import DoorFrontend
from voxd.lib.lasting_sockets import LastingSockets
from voxd.settings import SatelliteSettings, WyomingSettings
from voxd.wire.wyoming.connection import Connection
from voxd.wire.wyoming.patience import Patience
from voxd.wire.wyoming.satellite import satellite_info

NAME = "voxd announcements"
"""Part of what Home Assistant knows us by: it must never change."""
PAYLOAD_MAX_BYTES = 256 * 1024
PATIENCE = Patience(idle_s=24 * 3600.0)
"""Home Assistant keeps its connection for ever, and says nothing while the satellite is muted there."""


class SatelliteFrontend(DoorFrontend):
    """Announces what whoever connects from an allowed network has played."""

    name = "satellite"

    def __init__(
        self,
        settings: SatelliteSettings,
        wyoming: WyomingSettings,
        announcer: Announcer,
        recordings: Recordings,
        progress: Progress,
        version: str,
        patience: Patience = PATIENCE,
        lasting: LastingSockets | None = None,
    ) -> None:
        self._longest_s = settings.sound_max_s
        self._reception = Reception(settings, announcer, recordings, progress)
        self._room = Room()
        self._info = satellite_info(NAME, "Announcements for the whole house", version)
        self.host = settings.host or wyoming.host
        plate = Doorplate("satellite", "satellite", self.host, settings.port, settings.rate, "sound")
        super().__init__(Door(plate, wyoming, self._listener, PAYLOAD_MAX_BYTES, patience, lasting))
        self._close: Callable[[], None] | None = None

    async def start(self) -> None:
        """Open the door, and hear what becomes of what comes in. Raises VoxdError."""
        await super().start()
        self._close = self._reception.open()

    async def stop(self) -> None:
        """Close the door, and hear nothing more."""
        await super().stop()
        if self._close is not None:
            self._close()
            self._close = None

    def _listener(self, connection: Connection) -> Conversation:
        return Conversation(
            connection,
            self._info,
            self._reception,
            self.door.spawned,
            self._longest_s,
            self._room,
            lambda: self.door.count(connection),
        )
