"""The service of the host `clips`: reference clips out of sound files, and speaker vectors."""

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from voxd.engine_host.room import End, Room
from voxd.engine_host.standing import Standing
from voxd.errors import EngineError, VoxdError
from voxd.wire.wyoming.frames import frame
from voxd.wire.wyoming.host_events import (
    ClipAsked,
    ClipReady,
    Health,
    HostState,
    Vector,
    VectorAsked,
    host_event,
    word_of,
)
from voxd.wire.wyoming.info import info_frame
from voxd.wire.wyoming.requests import Event

NAME = "clips"
LOAD_MAX_S = 300.0
WORK_MAX_S = 120.0


class ClipMaker(Protocol):
    """What does the work; every method is called in one thread."""

    def load(self, tell: Callable[[str], None]) -> None:
        """Get ready, telling what goes on. Raises EngineError."""

    def clip(self, data: bytes) -> tuple[ClipReady, bytes]:
        """The reference clip made from a sound file, and its WAV. Raises BadRequestError."""

    def vector(self, wav: bytes) -> Vector:
        """The speaker vector of a WAV. Raises BadRequestError."""


class ClipsService:
    """Makes reference clips and speaker vectors. See Service."""

    def __init__(self, make: Callable[[], ClipMaker], end: End) -> None:
        self._make = make
        self._maker: ClipMaker
        self._room = Room(NAME, end, lambda: True)

    @property
    def standing(self) -> Standing:
        """See Service."""
        return self._room.standing

    @property
    def health(self) -> Health:
        """See Service."""
        return Health(self.standing.state, self.standing.reason, self._room.thread.busy_s)

    @property
    def stuck(self) -> str:
        """See Service."""
        limit_s = LOAD_MAX_S if self.standing.state is HostState.LOADING else WORK_MAX_S
        return f"It has given no sign of life for {limit_s:g} s" if self._room.thread.busy_s > limit_s else ""

    def info(self) -> bytes:
        """See Service: it has no voices."""
        return info_frame(NAME, "", ())

    def answer(self, event: Event) -> AsyncGenerator[bytes, None] | None:
        """See Service."""
        match event.type:
            case "clip":
                return self._clip(event)
            case "vector":
                return self._vector(event)
        return None

    async def load(self) -> None:
        """See Service."""
        if await self._room.load(self._load):
            self.standing.set(HostState.READY)

    def give_up(self, error: VoxdError) -> None:
        """See Service."""
        self._room.thread.give_up(error)

    def _load(self, tell: Callable[[str], None]) -> bool:
        self._maker = self._make()
        self._maker.load(tell)
        return True

    async def _clip(self, event: Event) -> AsyncGenerator[bytes, None]:
        word_of(event, ClipAsked)
        data = event.payload or b""
        await self.standing.settled()
        ready, wav = await self._room.thread.run(lambda: self._maker.clip(data))
        yield frame(host_event(ready, wav))

    async def _vector(self, event: Event) -> AsyncGenerator[bytes, None]:
        word_of(event, VectorAsked)
        wav = event.payload or b""
        await self.standing.settled()
        yield frame(host_event(await self._room.thread.run(lambda: self._maker.vector(wav))))


def clip_maker() -> ClipMaker:
    """The one of the neural part. Raises EngineError where that is not installed."""
    try:
        from voxd.neural.clips.service import ClipService
    except ImportError as error:
        raise EngineError(
            f"Reference clips need the neural part of voxd, which is not installed here ({error})"
        ) from error
    return ClipService()
