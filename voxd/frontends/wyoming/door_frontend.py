"""A frontend that is one Wyoming port, whatever is asked there."""

from voxd.frontends.wyoming.door import Door


class DoorFrontend:
    """Lives as its door does."""

    def __init__(self, door: Door) -> None:
        self.door = door

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
        """Take over a renewed certificate or token; see Door."""
        self.door.reread()

    async def stop(self) -> None:
        """Take nobody new, let the clients hear the end of what is nearly done, and close."""
        await self.door.stop()
