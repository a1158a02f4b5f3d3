"""What one client asks of the satellite, and the answers, in order."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from voxd.errors import BadRequestError, BusyError, VoxdError
from voxd.frontends.ending import Ending
from voxd.frontends.satellite.gathering import Gathering, Room
from voxd.frontends.satellite.reception import Reception
from voxd.model.announcement import State
from voxd.model.audio import Chunk
from voxd.wire.wyoming.connection import Connection
from voxd.wire.wyoming.frames import error_frame
from voxd.wire.wyoming.requests import Describe, Event, Ping
from voxd.wire.wyoming.satellite import PLAYED, SoundBegins, SoundEnds, asked, pong

log = logging.getLogger(__name__)

UNDER_WAY_MAX = 8
"""So many sounds of one client may be announced at a time."""
OVER_AFTER_S = 24 * 3600.0
"""So long at most a client is told nothing of a sound; it has long given up."""

Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


class NotHeardError(VoxdError):
    """An announcement was over without having been heard. Its code is the word for its end."""

    def __init__(self, state: State, reason: str) -> None:
        super().__init__(reason or f"The announcement was {state}")
        self.code = str(state)


class Conversation:
    """Hears one connection's events; each sound that came whole is announced, even if its client leaves.

    `admit` is asked for each sound, and raises BusyError where it is one too many.
    """

    def __init__(
        self,
        connection: Connection,
        info: bytes,
        reception: Reception,
        spawn: Spawn,
        longest_s: float,
        room: Room,
        admit: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._info = info
        self._reception = reception
        self._spawn = spawn
        self._longest_s = longest_s
        self._room = room
        self._admit = admit
        self._gathering: Gathering | None = None
        self._under_way = 0
        self._accepting, self._answering = asyncio.Lock(), asyncio.Lock()

    @property
    def busy(self) -> bool:
        """Whether a sound is not over."""
        return self._under_way > 0

    @property
    def midway(self) -> bool:
        """Whether a sound has not come to its end."""
        return self._gathering is not None

    def left(self) -> None:
        """Nobody is there any more: half a sound is dropped, what came whole is announced all the same."""
        self._drop()

    def heard(self, event: Event) -> None:
        """Take an event; what is nothing for us is dropped, as the protocol wants it."""
        match asked(event):
            case Describe():
                self._connection.write(self._info)
            case Ping() as ping:
                self._connection.write(pong(ping))
            case SoundBegins(format=form):
                self._drop()
                self._gathering = Gathering(form, self._longest_s, self._room)
            case Chunk() as chunk:
                self._open("audio-chunk").add(chunk)
            case SoundEnds():
                self._end(self._open("audio-stop"))

    def _open(self, kind: str) -> Gathering:
        if self._gathering is None:
            raise BadRequestError(f"{kind} came without an audio-start before it")
        return self._gathering

    def _drop(self) -> None:
        if self._gathering is not None:
            self._gathering.close()
            self._gathering = None

    def _end(self, whole: Gathering) -> None:
        self._admit()
        if self._under_way >= UNDER_WAY_MAX:
            raise BusyError(f"More than {UNDER_WAY_MAX} sounds of this connection wait to be heard")
        self._gathering = None
        self._under_way += 1
        self._spawn(self._announce(whole))

    async def _announce(self, whole: Gathering) -> None:
        """Have it announced, and say `played` when it is over, each in the order in which the sounds came."""
        try:
            async with self._accepting:
                try:
                    ending = await self._accepted(whole.sound())
                finally:
                    whole.close()
            async with self._answering:
                failure = await _failure(ending) if isinstance(ending, Ending) else ending
                self._connection.write((error_frame(failure) if failure else b"") + PLAYED)
        finally:
            self._under_way -= 1

    async def _accepted(self, sound: Chunk) -> Ending | VoxdError:
        try:
            return await self._reception.announce(sound)
        except VoxdError as error:
            return error
        except Exception:  # shields every other client from a bug that this one has found
            log.exception("A sound for the satellite ran into a bug")
            return VoxdError("Something went wrong inside voxd: its log says more")


async def _failure(ending: Ending) -> VoxdError | None:
    """Why an announcement was over and not heard, once that is so; None where it was heard."""
    step = await ending.within(OVER_AFTER_S)
    if step is None or step.state in (State.FINISHED, State.COALESCED, State.QUEUED):
        return None
    return NotHeardError(step.state, step.reason)
