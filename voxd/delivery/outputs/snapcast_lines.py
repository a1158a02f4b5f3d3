"""The two ways into a Snapcast server: a TCP connection, and a named pipe. Everything raises OSError."""

import asyncio
import os
import select
import stat
from pathlib import Path
from typing import Protocol

READER_WITHIN_S = 1.0
STEP_S = 0.01
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

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_s: float) -> None:
        self._reader, self._writer, self._timeout_s = reader, writer, timeout_s
        writer.transport.set_write_buffer_limits(0)

    @classmethod
    async def opened(cls, host: str, port: int, timeout_s: float) -> "TcpLine":
        """Connect; whatever is written must be taken within `timeout_s`."""
        async with asyncio.timeout(timeout_s):
            return cls(*await asyncio.open_connection(host, port), timeout_s)

    async def write(self, pcm: bytes) -> None:
        """See Line."""
        if self._reader.at_eof():
            raise ConnectionResetError("it closed the connection")
        self._writer.write(pcm)
        async with asyncio.timeout(self._timeout_s):
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

    def __init__(self, pipe: int, frame_bytes: int, timeout_s: float) -> None:
        self._pipe, self._timeout_s = pipe, timeout_s
        self._slice_bytes = ATOMIC_BYTES - ATOMIC_BYTES % frame_bytes

    @classmethod
    async def opened(cls, path: Path, frame_bytes: int, timeout_s: float) -> "PipeLine":
        """Open it, and wait until somebody reads: snapserver looks for a writer ten times a second.

        Whatever is written must be taken within `timeout_s`.
        """
        line = cls(_opened(path), frame_bytes, timeout_s)
        try:
            for _ in range(round(READER_WITHIN_S / STEP_S)):
                if line._is_read:
                    return line
                await asyncio.sleep(STEP_S)
        except BaseException:
            line.close()
            raise
        line.close()
        raise OSError("nobody reads it")

    async def write(self, pcm: bytes) -> None:
        """See Line."""
        async with asyncio.timeout(self._timeout_s):
            for at in range(0, len(pcm), self._slice_bytes):
                await self._write(pcm[at : at + self._slice_bytes])

    async def watch(self, duration_s: float) -> None:
        """See Line."""
        await asyncio.sleep(duration_s)
        if not self._is_read:
            raise BrokenPipeError("nobody reads it any more")

    def close(self) -> None:
        """See Line."""
        os.close(self._pipe)

    @property
    def _is_read(self) -> bool:
        asking = select.poll()
        asking.register(self._pipe, 0)
        return not asking.poll(0)  # POLLERR, says poll(2), where the reading end is closed

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
    """The writing end, whether somebody reads or not: Linux lets who reads and writes in at once (fifo(7))."""
    if not stat.S_ISFIFO(path.stat().st_mode):
        raise OSError("it is no named pipe")
    both_ends = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    finally:
        os.close(both_ends)
