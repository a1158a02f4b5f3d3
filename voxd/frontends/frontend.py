"""The port that every frontend fills."""

from typing import Protocol, runtime_checkable


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


@runtime_checkable
class Rereading(Protocol):
    """A frontend that can take over what has changed in its files, such as a certificate, without a pause."""

    def reread(self) -> None:
        """Take it over. Raises VoxdError, and everything stays as it was."""
