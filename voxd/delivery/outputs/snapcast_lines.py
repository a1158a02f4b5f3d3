"""The two ways into a Snapcast server: a TCP connection, and a named pipe. Everything raises OSError."""

import asyncio
import errno
import os
import select
import stat
from pathlib import Path
from typing import Protocol

WRITE_TIMEOUT_S = 5.0
ATOMIC_BYTES = 4096
"""PIPE_BUF of Linux: so much is written whole or not at all, so that no half a frame is ever left in the pipe."""


class Line(Protocol):
    """Takes PCM as long as somebody reads it."""

    async def write(self, pcm: bytes) -> None:
        """Write all of it; TimeoutError where it is not taken."""

    async def watch(self, duration_s: float) -> None:
        """Wait so long; an error if the reader goes away meanwhile, as far as that can be seen."""

    def close(self) -> None:
        """Nothing more comes; what was written is still read."""


class TcpLine:
    """A connection to a TCP source."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        writer.transport.set_write_buffer_limits(0)

    @classmethod
    async def opened(cls, host: str, port: int) -> "TcpLine":
        """Connect."""
        return cls(*await asyncio.open_connection(host, port))

    async def write(self, pcm: bytes) -> None:
        """See Line."""
        if self._reader.at_eof():
            raise ConnectionResetError("it closed the connection")
        self._writer.write(pcm)
        async with asyncio.timeout(WRITE_TIMEOUT_S):
            await self._writer.drain()

    async def watch(self, duration_s: float) -> None:
        """See Line."""
        try:
            async with asyncio.timeout(duration_s):
                while await self._reader.read(4096):
                    """A source says nothing; if it does, it is not for us."""
        except TimeoutError:
            return
        raise ConnectionResetError("it closed the connection")

    def close(self) -> None:
        """See Line."""
        self._writer.close()


class PipeLine:
    """A named pipe that somebody else made and reads."""

    def __init__(self, path: Path, frame_bytes: int) -> None:
        self._pipe = _opened(path)
        self._slice_bytes = ATOMIC_BYTES - ATOMIC_BYTES % frame_bytes

    async def write(self, pcm: bytes) -> None:
        """See Line."""
        async with asyncio.timeout(WRITE_TIMEOUT_S):
            for at in range(0, len(pcm), self._slice_bytes):
                await self._write(pcm[at : at + self._slice_bytes])

    async def watch(self, duration_s: float) -> None:
        """See Line."""
        await asyncio.sleep(duration_s)
        readers = select.poll()
        readers.register(self._pipe, 0)
        if readers.poll(0):  # POLLERR: see poll(2)
            raise BrokenPipeError("nobody reads it any more")

    def close(self) -> None:
        """See Line."""
        os.close(self._pipe)

    async def _write(self, pcm: bytes) -> None:
        while True:
            try:
                os.write(self._pipe, pcm)
            except BlockingIOError:
                await self._room()
            else:
                return

    async def _room(self) -> None:
        loop = asyncio.get_running_loop()
        room = asyncio.Event()
        loop.add_writer(self._pipe, room.set)
        try:
            await room.wait()
        finally:
            loop.remove_writer(self._pipe)


def _opened(path: Path) -> int:
    try:
        pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError("nobody reads it") from error
        raise
    if not stat.S_ISFIFO(os.fstat(pipe).st_mode):
        os.close(pipe)
        raise OSError("it is no named pipe")
    return pipe
