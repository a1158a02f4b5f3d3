"""What a child process says: the sound of a text as a WAV stream or file, or plain words."""

import time
from collections.abc import AsyncGenerator

from voxd.errors import EngineError
from voxd.lib.child_process import ChildProcess
from voxd.model.audio import AudioFormat, Chunk
from voxd.synthesis.engines import wav_stream
from voxd.synthesis.engines.memory_wav import MemoryWav

ANSWER_MAX_BYTES = 1_000_000
LOOK_S = 0.005
"""Between two looks at a file that a child writes."""


class ChildSpeech:
    """Listens to one child of `program`. Whatever goes wrong is an EngineError with the child's own words.

    The child may be silent for `timeout_s` at most; ending it is the business of who started it.
    """

    def __init__(self, child: ChildProcess, program: str, timeout_s: float) -> None:
        self._child = child
        self._program = program
        self._timeout_s = timeout_s

    async def sound(self, text: bytes) -> AsyncGenerator[Chunk, None]:
        """The WAV stream that the child makes of `text`, in chunks of whole frames as they come."""
        await self._give(text)
        format_, rest = await self._begun()
        data = rest
        while data:
            whole = len(rest) - len(rest) % format_.frame_bytes
            if whole:
                yield Chunk(format_, rest[:whole])
            data = await self._read()
            rest = rest[whole:] + data
        await self._check_ended_well()

    async def sound_in(self, wav: MemoryWav, text: bytes) -> AsyncGenerator[Chunk, None]:
        """The sound that the child writes into `wav`, in chunks as they are there."""
        await self._give(text)
        heard, quiet_since, ended = False, time.monotonic(), False
        while not ended:
            ended = await self._ended_within(LOOK_S)
            while chunk := wav.grown():
                yield chunk
                heard, quiet_since = True, time.monotonic()
            if not ended and time.monotonic() - quiet_since > self._timeout_s:
                raise self._silent()
        await self._check_ended_well()
        if not heard:
            raise self._failure("gave no sound")

    async def words(self) -> bytes:
        """All that it prints."""
        answer = b""
        while len(answer) < ANSWER_MAX_BYTES and (data := await self._read()):
            answer += data
        return answer

    async def _give(self, text: bytes) -> None:
        try:
            await self._child.give(text, self._timeout_s)
        except TimeoutError:
            raise self._failure("did not take the text") from None

    async def _begun(self) -> tuple[AudioFormat, bytes]:
        """The format and the first samples."""
        head = b""
        while (found := wav_stream.head(head)) is None or len(head) == found[1]:
            data = await self._read()
            if not data:
                raise self._failure("gave no sound")
            head += data
        return found[0], head[found[1] :]

    async def _read(self) -> bytes:
        try:
            return await self._child.read(self._timeout_s)
        except TimeoutError:
            raise self._silent() from None

    async def _ended_within(self, time_s: float) -> bool:
        try:
            await self._child.exit_code(time_s)
        except TimeoutError:
            return False
        return True

    async def _check_ended_well(self) -> None:
        try:
            code = await self._child.exit_code(self._timeout_s)
        except TimeoutError:
            raise self._failure("did not end") from None
        if code:
            raise self._failure(f"ended with code {code}")

    def _silent(self) -> EngineError:
        return self._failure(f"gave no sound for {self._timeout_s:g} s")

    def _failure(self, what: str) -> EngineError:
        complaint = self._child.complaint()
        return EngineError(f"{self._program} {what}" + (f": {complaint}" if complaint else ""))
