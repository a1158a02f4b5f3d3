"""The Wyoming frontend: text in, audio back, for whoever comes in at its door."""

from voxd.frontends.house import Renderer
from voxd.frontends.wyoming.conversation import Conversation
from voxd.frontends.wyoming.door import Door, Doorplate
from voxd.frontends.wyoming.program import Program
from voxd.settings import WyomingSettings
from voxd.wire.wyoming.connection import Connection
from voxd.wire.wyoming.patience import Patience


class WyomingFrontend:
    """Speaks for whoever connects from an allowed network."""

    name = "wyoming"

    def __init__(
        self, settings: WyomingSettings, renderer: Renderer, version: str, patience: Patience | None = None
    ) -> None:
        self._max_text_chars = settings.max_text_chars
        self._renderer = renderer
        self._program = Program(renderer, version)
        plate = Doorplate("Wyoming", "wyoming", settings.host, settings.port)
        self.door = Door(plate, settings, self._listener, patience=patience)

    @property
    def port(self) -> int:
        """The port that clients find us at, once started."""
        return self.door.port

    @property
    def healthy(self) -> bool:
        """Whether its loops are alive."""
        return self.door.healthy

    async def start(self) -> None:
        """Open the door; clients may come at once, and are served by `run`. Raises VoxdError."""
        await self.door.start()

    async def run(self) -> None:
        """Serve until cancelled."""
        await self.door.run()

    def reread(self) -> None:
        """See Door."""
        self.door.reread()

    async def stop(self) -> None:
        """Take nobody new, let the clients hear the end of what is nearly done, and close."""
        await self.door.stop()

    def _listener(self, connection: Connection) -> Conversation:
        return Conversation(
            connection,
            self._program,
            self._renderer,
            self.door.spawned,
            self._max_text_chars,
            lambda: self.door.count_text(connection),
        )
