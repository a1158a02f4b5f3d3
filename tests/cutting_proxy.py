"""A network that can be cut: a TCP proxy in front of a server, in a thread of its own."""

import asyncio
import socket
import struct
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from threaded_server import STOP_S, ThreadedServer

KINDS = ("closed", "reset", "half open", "frozen", "slow")
"""closed, reset: connections end, and nobody listens; half open: the server's side ends and ours learns nothing;
frozen: nothing passes, and all of it does afterwards; slow: everything takes `SLOW_S` longer."""
SLOW_S = 0.3
PIECE_BYTES = 65_536


class CuttingProxy(ThreadedServer):
    """Passes everything on to a port of this machine, until it is cut; use it as a context manager."""

    def __init__(self, server_port: int) -> None:
        super().__init__("proxy")
        self._server_port = server_port
        self._kind = ""
        self._pairs: set[_Pair] = set()

    def cut(self, kind: str) -> None:
        """The network fails in that way, from now on."""
        self._call(lambda: self._cut(kind))

    def heal(self) -> None:
        """The network is as it should be again."""
        self._call(self._heal)

    def _call(self, act: Callable[[], None]) -> None:
        done = threading.Event()

        def acted() -> None:
            act()
            done.set()

        self._loop.call_soon_threadsafe(acted)
        assert done.wait(STOP_S)

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[None]:
        self._flowing = asyncio.Event()
        self._flowing.set()
        server = await asyncio.start_server(self._accepted, "127.0.0.1", self.port, limit=PIECE_BYTES)
        yield
        server.close()
        for pair in tuple(self._pairs):
            pair.abort()
        await asyncio.sleep(0)  # what was aborted is closed in the next round

    def _cut(self, kind: str) -> None:
        self._kind = kind
        match kind:
            case "closed" | "reset":
                for pair in tuple(self._pairs):
                    pair.end(reset=kind == "reset")
            case "half open":
                self._flowing.clear()
                for pair in self._pairs:
                    pair.forget_server()
            case "frozen":
                self._flowing.clear()

    def _heal(self) -> None:
        if self._kind == "half open":  # the first packet that comes through again finds nobody
            for pair in tuple(self._pairs):
                pair.end(reset=True)
        self._kind = ""
        self._flowing.set()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._kind in ("closed", "reset"):
            writer.transport.abort()
            return
        await self._flowing.wait()
        try:
            server = await asyncio.open_connection("127.0.0.1", self._server_port, limit=PIECE_BYTES)
        except OSError:
            writer.transport.abort()
            return
        pair = _Pair((reader, writer), server)
        self._pairs.add(pair)
        try:
            await asyncio.gather(self._pump(reader, server[1]), self._pump(server[0], writer))
        finally:
            self._pairs.discard(pair)
            pair.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(PIECE_BYTES):
                await self._flowing.wait()
                if self._kind == "slow":
                    await asyncio.sleep(SLOW_S)
                writer.write(data)
                await writer.drain()
        if self._flowing.is_set():
            writer.transport.close()


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Pair:
    """Both halves of one connection."""

    def __init__(self, client: Stream, server: Stream) -> None:
        self._client, self._server = client[1], server[1]

    def end(self, *, reset: bool) -> None:
        """Both ends learn that it is over."""
        if reset:
            for writer in (self._client, self._server):
                sock = writer.get_extra_info("socket")
                with suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()

    def forget_server(self) -> None:
        """The server's side ends; the client's hears nothing of it."""
        self._server.transport.abort()

    def abort(self) -> None:
        """Close both."""
        self._client.transport.abort()
        self._server.transport.abort()
