"""What one client of a host asks, and the answers, in order."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from voxd.engine_host.service import Service
from voxd.errors import BusyError, ProtocolError, VoxdError
from voxd.wire.wyoming.connection import Connection
from voxd.wire.wyoming.frames import error_frame, frame
from voxd.wire.wyoming.host_events import HealthAsked, host_event, word_of
from voxd.wire.wyoming.requests import Event, Ping, Pong

log = logging.getLogger(__name__)

WAITING_MAX = 64
"""So many requests of one client may wait behind the one that is being answered."""
FOLLOWED_EVERY_S = 1.0

Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]
Answer = AsyncGenerator[bytes, None]


class Conversation:
    """Hears one connection's events. What takes no time is answered at once, the rest one after the other.

    A failure before anything was sent is an `error` event; one in the middle of an answer ends the connection, too.
    """

    def __init__(self, connection: Connection, service: Service, spawn: Spawn) -> None:
        self._connection = connection
        self._service = service
        self._spawn = spawn
        self._waiting: deque[Answer] = deque()
        self.answering: asyncio.Task[None] | None = None
        """What answers the requests, as long as there are any."""
        self._following: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """See Listener; whoever follows our health need never say more."""
        return self.answering is not None or self._following is not None

    @property
    def midway(self) -> bool:
        """See Listener: every request is whole."""
        return False

    def left(self) -> None:
        """See Listener: end whatever is done for the client."""
        self._waiting.clear()
        for task in (self.answering, self._following):
            if task is not None:
                task.cancel()

    def heard(self, event: Event) -> None:
        """Take an event; what we do not know is dropped, as the protocol wants it."""
        match event.type:
            case "describe":
                self._connection.write(self._service.info())
            case "ping":
                self._connection.write(frame(Pong(Ping.from_event(event).text)))
            case "health":
                self._tell_health(word_of(event, HealthAsked))
            case _:
                if (answer := self._service.answer(event)) is not None:
                    self._enqueue(answer)

    def _tell_health(self, asked: HealthAsked) -> None:
        if not asked.follow:
            self._connection.write(frame(host_event(self._service.health)))
        elif self._following is None:
            self._following = self._spawn(self._follow())

    async def _follow(self) -> None:
        while True:
            await self._connection.room()
            self._connection.write(frame(host_event(self._service.health)))
            await self._service.standing.changed(FOLLOWED_EVERY_S)

    def _enqueue(self, answer: Answer) -> None:
        if len(self._waiting) >= WAITING_MAX:
            raise BusyError(f"More than {WAITING_MAX} requests wait on this connection")
        self._waiting.append(answer)
        if self.answering is None:
            self.answering = self._spawn(self._answer_all())

    async def _answer_all(self) -> None:
        try:
            while self._waiting:
                await self._answer(self._waiting.popleft())
        finally:
            self.answering = None

    async def _answer(self, answer: Answer) -> None:
        begun = False
        try:
            async with aclosing(answer):
                async for frames in answer:
                    await self._connection.room()
                    self._connection.write(frames)
                    begun = True
        except ProtocolError as error:
            self._connection.fail(error)
        except VoxdError as error:
            if begun:
                self._connection.fail(error)
            else:
                self._connection.write(error_frame(error))
        except Exception:  # shields every other client from a bug that this one has found
            log.exception("A request to the engine host ran into a bug")
            self._connection.fail(VoxdError("Something went wrong inside the engine host: its log says more"))
