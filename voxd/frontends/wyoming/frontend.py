"""The Wyoming frontend: text in, audio back, for whoever comes in at its door."""

from voxd.frontends.house import Renderer
from voxd.frontends.wyoming.conversation import Conversation
from voxd.frontends.wyoming.door import Door, Doorplate
from voxd.frontends.wyoming.door_frontend import DoorFrontend
from voxd.frontends.wyoming.program import Program
from voxd.lib.lasting_sockets import LastingSockets
from voxd.settings import WyomingSettings
from voxd.wire.wyoming.connection import Connection
from voxd.wire.wyoming.patience import Patience


class WyomingFrontend(DoorFrontend):
    """Speaks for whoever connects from an allowed network."""

    name = "wyoming"

    def __init__(
        self,
        settings: WyomingSettings,
        renderer: Renderer,
        version: str,
        patience: Patience | None = None,
        lasting: LastingSockets | None = None,
    ) -> None:
        self._max_text_chars = settings.max_text_chars
        self._renderer = renderer
        self._program = Program(renderer, version)
        plate = Doorplate("Wyoming", "wyoming", settings.host, settings.port, settings.rate)
        super().__init__(Door(plate, settings, self._listener, patience=patience, lasting=lasting))

    def _listener(self, connection: Connection) -> Conversation:
        return Conversation(
            connection,
            self._program,
            self._renderer,
            self.door.spawned,
            self._max_text_chars,
            lambda: self.door.count(connection),
        )
