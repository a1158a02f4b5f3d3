"""Readers of raw PCM for tests: a TCP source that takes everything, and the reading end of a named pipe."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path


class TcpSource:
    """Takes PCM on `port`; `stuck`: reads nothing, `dies_after_bytes`: hangs up."""

    def __init__(self, *, stuck: bool = False, dies_after_bytes: int | None = None) -> None:
        self.pcm = bytearray()
        self.port = 0
        self.open = 0
        self._stuck, self._dies_after_bytes = stuck, dies_after_bytes

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.open += 1
        try:
            if self._stuck:
                await asyncio.sleep(3600)
            while data := await reader.read(65536):
                self.pcm += data
                if self._dies_after_bytes is not None and len(self.pcm) >= self._dies_after_bytes:
                    return
        finally:
            self.open -= 1
            writer.transport.abort()


@asynccontextmanager
async def tcp_source(*, stuck: bool = False, dies_after_bytes: int | None = None) -> AsyncIterator[TcpSource]:
    """One that listens."""
    source = TcpSource(stuck=stuck, dies_after_bytes=dies_after_bytes)
    serving: set[asyncio.Task[None]] = set()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(source.serve(reader, writer)))

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    source.port = server.sockets[0].getsockname()[1]
    try:
        yield source
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


@contextmanager
def read_pipe(path: Path) -> Iterator[bytearray]:
    """Everything that is written to a named pipe, read as it comes."""
    loop = asyncio.get_running_loop()
    end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    pcm = bytearray()

    def read() -> None:
        pcm.extend(os.read(end, 65536))

    loop.add_reader(end, read)
    try:
        yield pcm
    finally:
        loop.remove_reader(end)
        os.close(end)
