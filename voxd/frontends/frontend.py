"""The port that every frontend fills."""

from typing import Protocol


class Frontend(Protocol):
    """Where requests come in."""

    name: str

    async def start(self) -> None:
        """Open the door. Raises VoxdError when it cannot; one that retries by itself returns at once."""

    async def run(self) -> None:
        """Serve until cancelled."""

    async def stop(self) -> None:
        """Take nothing new, finish what is nearly done within a second, close the door."""

    @property
    def healthy(self) -> bool:
        """Whether its loops are alive; what it is connected to may be away."""
