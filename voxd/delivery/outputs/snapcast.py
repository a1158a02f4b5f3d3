"""A source of a Snapcast server as an output: its TCP source, or its pipe.

In snapserver.conf: `source = tcp://0.0.0.0:4953?name=voxd&sampleformat=48000:16:2` (mode=server is its default), or
`source = pipe:///tmp/snapfifo?name=voxd&sampleformat=48000:16:2&mode=create`. It reads raw PCM, and all of its clients
play that in step.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress

from voxd.audio.pcm import silence
from voxd.delivery.outputs.pacing import FALL_TIMEOUT_S, Pace, fall, paced
from voxd.delivery.outputs.snapcast_lines import Line, PipeLine, TcpLine
from voxd.errors import OutputError, VoxdError
from voxd.lib.os_errors import in_words
from voxd.model.audio import AudioFormat, Chunk
from voxd.settings import SnapcastOutputSettings

TIMEOUT_S = 5.0
"""Nobody is waited for any longer."""
BUFFER_S = 1.0
"""Snapcast's own buffer, by default: what it reads is heard so much later."""
LEAD_OUT_S = 0.1
"""Silence after each sound, for Snapcast reads whole pieces of 20 ms and would keep the rest of the last one."""


class SnapcastOutput:
    """Plays one sound at a time. A line is open only while something is played: in between the source is idle."""

    def __init__(
        self, name: str, settings: SnapcastOutputSettings, buffer_s: float = BUFFER_S, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.name = name
        self._settings = settings
        self._format = AudioFormat(settings.rate_hz, settings.channels)
        self._lead_out = silence(self._format, LEAD_OUT_S).pcm
        self._buffer_s, self._timeout_s = buffer_s, timeout_s
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Find out whether somebody reads there. Raises OutputError."""
        async with self._turn:
            (await self._opened()).close()

    async def stop(self) -> None:
        """Nothing is held between two sounds."""

    async def look(self) -> None:
        """Find out whether somebody still reads there, unless it plays. Raises OutputError."""
        if not self._turn.locked():
            await self.start()

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        """Play to the end, until it was heard. Cancelled, it falls silent within 0.5 s and Snapcast's buffer.

        Raises OutputError.
        """
        async with self._turn:
            line = await self._opened()
            try:
                await self._play(line, sound)
            except OSError as error:
                raise self._failure(error) from error
            finally:
                line.close()

    async def _play(self, line: Line, sound: AsyncIterator[Chunk]) -> None:
        pace = Pace()
        last: Chunk | None = None
        try:
            async with aclosing(paced(sound, self._format, pace)) as pieces:
                async for piece in pieces:
                    await line.write(piece.pcm)
                    last = piece
        except (asyncio.CancelledError, VoxdError):
            if last is not None:
                await self._fall(line, last)
            raise
        if last is not None:
            await line.write(self._lead_out)
            await line.watch(pace.unheard_s + self._buffer_s)

    async def _fall(self, line: Line, last: Chunk) -> None:
        with suppress(OSError):  # TimeoutError is one
            async with asyncio.timeout(FALL_TIMEOUT_S):
                await line.write(fall(last).pcm + self._lead_out)

    async def _opened(self) -> Line:
        pipe = self._settings.pipe
        try:
            if pipe is not None:
                return await PipeLine.opened(pipe, self._format.frame_bytes, self._timeout_s)
            return await TcpLine.opened(self._settings.host, self._settings.port, self._timeout_s)
        except (OSError, UnicodeError) as error:  # TimeoutError is an OSError
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> OutputError:
        place = self._settings.pipe or f"{self._settings.host}:{self._settings.port}"
        words = {TimeoutError: "it takes nothing", UnicodeError: "that is no host name"}
        why = next((text for kind, text in words.items() if isinstance(error, kind)), in_words(error))
        return OutputError(f"The Snapcast source of {self.name} at {place} failed: {why}")
