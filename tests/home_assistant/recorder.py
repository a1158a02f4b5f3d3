"""What Home Assistant and a Wyoming server say to each other: a proxy between them that notes every event."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from threaded_server import ThreadedServer
from wyoming.event import Event, async_read_event

PIECE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Said:
    """An event, and when it had passed."""

    at_s: float
    ours: bool
    event: Event


@dataclass(slots=True)
class Talk:
    """All that was said on one connection, in order, and who closed it first."""

    said: list[Said] = field(default_factory=list)
    closed_by: str = ""

    def asked(self) -> list[str]:
        """The types of what Home Assistant sent."""
        return [said.event.type for said in self.said if not said.ours]

    def answers(self) -> list[Event]:
        """What the server sent."""
        return [said.event for said in self.said if said.ours]

    def answered(self) -> list[str]:
        """The types of what the server sent."""
        return [event.type for event in self.answers()]

    def pcm(self) -> bytes:
        """All sound that the server sent."""
        return b"".join(event.payload or b"" for event in self.answers() if event.type == "audio-chunk")

    def waited_s(self, question: str, answer: str) -> float:
        """From the first event of one type to the first of the other."""
        asked = next(said.at_s for said in self.said if said.event.type == question and not said.ours)
        return next(said.at_s for said in self.said if said.event.type == answer and said.ours) - asked


class Recorder(ThreadedServer):
    """Passes everything on to a Wyoming server on this machine; use it as a context manager."""

    def __init__(self, server_port: int) -> None:
        super().__init__("recorder")
        self.talks: list[Talk] = []
        self._server_port = server_port
        self._passing: set[asyncio.Task[None]] = set()

    def talks_with(self, event_type: str) -> list[Talk]:
        """The connections on which Home Assistant sent such an event, oldest first."""
        return [talk for talk in tuple(self.talks) if event_type in talk.asked()]

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._accepted, "127.0.0.1", self.port)
        yield
        server.close()
        for task in (others := asyncio.all_tasks() - {asyncio.current_task()}):
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = Talk()
        self.talks.append(talk)
        try:
            theirs, ours = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.transport.abort()
            return
        passing = [_pass(reader, ours, talk, ours=False), _pass(theirs, writer, talk, ours=True)]
        tasks = [asyncio.create_task(one, name="passing") for one in passing]
        self._passing.update(tasks)  # asyncio itself refers to streams, and to who waits for them, only weakly
        try:
            await asyncio.gather(*tasks)
        finally:
            self._passing.difference_update(tasks)
            ours.transport.abort()
            writer.transport.abort()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, talk: Talk, *, ours: bool) -> None:
    """Pass on bytes as they come; what they mean is noted beside it."""
    copy = asyncio.StreamReader()
    noting = asyncio.create_task(_note(copy, talk, ours=ours), name="noting")
    with suppress(OSError):
        while data := await reader.read(PIECE_BYTES):
            copy.feed_data(data)
            writer.write(data)
            await writer.drain()
    copy.feed_eof()
    await noting
    talk.closed_by = talk.closed_by or ("the server" if ours else "Home Assistant")
    with suppress(OSError):
        writer.write_eof()


async def _note(copy: asyncio.StreamReader, talk: Talk, *, ours: bool) -> None:
    with suppress(asyncio.IncompleteReadError):
        while event := await async_read_event(copy):
            talk.said.append(Said(time.monotonic(), ours, event))
