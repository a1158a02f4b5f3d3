"""The port of what a host is there for: speech, or reference clips."""

from collections.abc import AsyncGenerator
from typing import Protocol

from voxd.engine_host.standing import Standing
from voxd.errors import VoxdError
from voxd.wire.wyoming.host_events import Health
from voxd.wire.wyoming.requests import Event


class Service(Protocol):
    """What answers the requests of a host's clients. Made without loading anything."""

    @property
    def standing(self) -> Standing:
        """Where it stands."""

    @property
    def health(self) -> Health:
        """How it is now."""

    @property
    def stuck(self) -> str:
        """A sentence if what it does now takes longer than it ever may; else empty."""

    def info(self) -> bytes:
        """The answer to `describe`."""

    def answer(self, event: Event) -> AsyncGenerator[bytes, None] | None:
        """The frames of the answer to a request, made as they are taken; None for a request that it does not know.

        The generator raises VoxdError; closing it ends what is done for it.
        """

    async def load(self) -> None:
        """Get ready. What goes wrong shows in the standing, or ends the process."""

    def give_up(self, error: VoxdError) -> None:
        """Give this answer to everybody who waits: the process ends."""
