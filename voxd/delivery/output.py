"""The port that every output fills."""

from collections.abc import AsyncIterator
from typing import Protocol, runtime_checkable

from voxd.model.audio import Chunk


class Output(Protocol):
    """A loudspeaker, a remote zone, or a file."""

    name: str

    async def start(self) -> None:
        """Find out whether it can make sound; may be asked again at any time. Raises OutputError."""

    async def stop(self) -> None:
        """Fall silent and undo start."""

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        """Play to the end, until it was heard; or until cancelled, then fall silent. Raises OutputError.

        The chunks may change their format on the way; the output resamples to what it needs.
        """


@runtime_checkable
class Lookable(Protocol):
    """An output that can tell, at next to no cost, whether it is still there while nothing is played."""

    async def look(self) -> None:
        """Raises OutputError if it is lost; does nothing while it plays."""
