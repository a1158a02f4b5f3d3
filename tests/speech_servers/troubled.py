"""A port in front of a speech server where whatever is asked for a sentence can go wrong; the rest is passed on."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from voxd.audio.wav import header
from voxd.model.audio import AudioFormat

MARK = b"zebra"
"""A request that holds this is one for speech."""
PIECE_BYTES = 4096
TOKEN = "correct-horse-battery"
SHOWN_AGAIN = "echoed"
"""What a server that tells what it was sent puts before it."""


@dataclass(eq=False)
class Exchange:
    """A request for speech: what was sent, and the ways to answer it."""

    request: bytes
    writer: asyncio.StreamWriter
    port_behind: int
    gone: asyncio.Event

    async def send(self, data: bytes) -> None:
        """Answer that; a client that has left does not mind."""
        self.writer.write(data)
        await self.writer.drain()

    async def pass_on(self, bytes_max: float = float("inf"), piece_delay_s: float = 0.0) -> None:
        """What the server behind answers, or the beginning of it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port_behind)
        try:
            writer.write(self.request)
            passed = 0
            while passed < bytes_max and (data := await reader.read(PIECE_BYTES)):
                await self.send(data[: int(min(bytes_max - passed, PIECE_BYTES))])
                passed += len(data)
                await asyncio.sleep(piece_delay_s)
        finally:
            writer.transport.abort()

    async def until_left(self) -> None:
        """Wait until the client is gone."""
        await self.gone.wait()

    def drop(self) -> None:
        """End the connection at once."""
        self.writer.transport.abort()


Trouble = Callable[[Exchange], Awaitable[None]]


class TroubledServer:
    """While `trouble` is set it answers in place of the server behind, the next `times` sentences if that is given.

    `learning` answers in place of it what is no speech. `asked` counts the sentences, `left` those whose client was
    gone before their answer was over. `delay_s` comes before each of them.
    """

    def __init__(self, port_behind: int) -> None:
        self.port = 0
        self.trouble: Trouble | None = None
        self.times: int | None = None
        self.learning: Trouble | None = None
        self.delay_s = 0.0
        self.asked = 0
        self.left = 0
        self.requests: list[bytes] = []
        self._port_behind = port_behind
        self._listening: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen, where it listened before."""
        self._listening = await asyncio.start_server(self._accepted, "127.0.0.1", self.port)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Nobody is there any more."""
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
                writer.close()
                await writer.wait_closed()
        except asyncio.CancelledError:
            pass  # asyncio would log it
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        exchange = Exchange(await _request(reader), writer, self._port_behind, asyncio.Event())
        self.requests.append(exchange.request)
        answering = asyncio.create_task(self._answered(exchange))
        leaving = asyncio.create_task(_left(reader))
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            exchange.gone.set()
            if MARK in exchange.request and (leaving.done() or isinstance(answering.exception(), OSError)):
                self.left += 1
        finally:
            for task in (answering, leaving):
                task.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)

    async def _answered(self, exchange: Exchange) -> None:
        if MARK not in exchange.request:
            await (self.learning(exchange) if self.learning else exchange.pass_on())
            return
        self.asked += 1
        await asyncio.sleep(self.delay_s)
        trouble = self.trouble if self.times != 0 else None
        if trouble is not None and self.times is not None:
            self.times -= 1
        await (trouble(exchange) if trouble else exchange.pass_on())


async def _left(reader: asyncio.StreamReader) -> None:
    """Wait until the client is gone; it says nothing more before that."""
    with suppress(OSError):
        while await reader.read(PIECE_BYTES):
            pass


async def _request(reader: asyncio.StreamReader) -> bytes:
    """An HTTP request that asks for the end of the connection, or lines of Wyoming."""
    begun = await reader.read(PIECE_BYTES)
    if b"HTTP/1.1" not in begun:
        return begun
    while b"\r\n\r\n" not in begun:
        begun += await reader.readuntil(b"\r\n\r\n")
    head, _, body = begun.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
    if length:
        body += await reader.readexactly(int(length[1]) - len(body))
    return head + b"\r\nConnection: close\r\n\r\n" + body


@asynccontextmanager
async def troubled(port_behind: int, count: int = 1) -> AsyncIterator[list[TroubledServer]]:
    """So many of them in front of one server."""
    servers = [TroubledServer(port_behind) for _ in range(count)]
    try:
        for server in servers:
            await server.start()
        yield servers
    finally:
        for server in servers:
            await server.stop()


def http(status: int, kind: str, body: bytes, *headers: str) -> Trouble:
    """An HTTP answer, whatever was asked."""
    lines = [f"HTTP/1.1 {status} So", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    head = "\r\n".join([*lines, "Connection: close", "", ""]).encode()

    async def answer(exchange: Exchange) -> None:
        await exchange.send(head + body)

    return answer


def wav(pcm: bytes, rate_hz: int) -> bytes:
    """A WAV of one channel."""
    return header(AudioFormat(rate_hz), len(pcm)) + pcm


def event(kind: str, data: dict[str, object], payload: bytes = b"") -> bytes:
    """An event of Wyoming, on one line."""
    head: dict[str, object] = {"type": kind, "data": data}
    if payload:
        head["payload_length"] = len(payload)
    return json.dumps(head).encode() + b"\n" + payload


def wyoming(*events: bytes) -> Trouble:
    """An answer in Wyoming, whatever was asked."""

    async def answer(exchange: Exchange) -> None:
        await exchange.send(b"".join(events))
        await exchange.until_left()

    return answer


async def dies(exchange: Exchange) -> None:
    """The connection ends without an answer."""
    exchange.drop()


async def never_answers(exchange: Exchange) -> None:
    """Nothing, as long as the client is there."""
    await exchange.until_left()


async def tells_what_it_was_sent(exchange: Exchange) -> None:
    """A debugging server: its error holds the request, token and all."""
    await http(500, "text/plain", f"{SHOWN_AGAIN}: ".encode() + exchange.request)(exchange)
