"""The way to the host `clips`, which makes reference clips and speaker vectors."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from voxd.errors import BadRequestError, EngineError, ProtocolError, VoxdError
from voxd.lib.os_errors import in_words
from voxd.synthesis.engines.host_call import answered, listens
from voxd.synthesis.engines.host_process import HostPlace, HostProcess, how_it_ended
from voxd.wire.wyoming.client import UnixAddress
from voxd.wire.wyoming.host_events import (
    PAYLOAD_MAX_BYTES,
    ClipAsked,
    ClipReady,
    HostWord,
    Vector,
    VectorAsked,
    Word,
)
from voxd.wire.wyoming.reader import LateError

START_TIMEOUT_S = 60.0
ANSWER_TIMEOUT_S = 180.0
"""Its libraries are loaded within that, too."""
IDLE_S = 600.0
LEAVES_WITHIN_S = 1.0
_LACKING = "Cloned voices need the neural extra: make run NEURAL=cpu (or cuda)"


class ClipsHost:
    """Begun at the first request, ended after `idle_s` without one; one that hangs or dies is begun again."""

    def __init__(self, place: HostPlace, idle_s: float = IDLE_S) -> None:
        self._place = place
        self._address = UnixAddress(place.socket)
        self._idle_s = idle_s
        self._process: HostProcess | None = None
        self._beginning = asyncio.Lock()
        self._asking = 0
        self._leaving: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Nothing yet: it is begun when it is needed."""

    async def clip(self, data: bytes) -> tuple[ClipReady, bytes]:
        """The reference clip made of a sound file of any kind, and its WAV.

        Raises BadRequestError with what is wrong with the file, EngineError where the host fails, and VoxdError
        without the neural extra.
        """
        return await self._answered(ClipAsked(), ClipReady, data)

    async def vector(self, wav: bytes) -> Vector:
        """The speaker vector of a WAV. Raises like `clip`."""
        return (await self._answered(VectorAsked(), Vector, wav))[0]

    async def stop(self) -> None:
        """End the host, whoever still waits for it."""
        self._stop_clock()
        if self._process is not None and self._beginning.locked():
            self._process.kill()
        await self._end()

    async def _answered(self, request: HostWord, kind: type[Word], payload: bytes) -> tuple[Word, bytes]:
        if len(payload) > PAYLOAD_MAX_BYTES:
            raise BadRequestError(f"The file is larger than {PAYLOAD_MAX_BYTES // 1024 // 1024} MiB")
        async with self._in_use():
            process = await self._begun()
            try:
                return await answered(self._address, request, kind, ANSWER_TIMEOUT_S, payload)
            except LateError as error:
                process.kill()
                await process.end()
                raise EngineError(f"The clip took longer than {ANSWER_TIMEOUT_S:g} s") from error
            except (ProtocolError, OSError) as error:
                raise EngineError(f"The clip could not be made. {await _end_of(process, error)}") from error

    async def _begun(self) -> HostProcess:
        """The host, which listens. Raises VoxdError."""
        async with self._beginning:
            try:
                process = self._process = self._process_alive()
            except OSError as error:
                raise EngineError(f"The process for reference clips cannot be started: {in_words(error)}") from error
            try:
                await listens(process, self._address, START_TIMEOUT_S)
            except (ProtocolError, OSError) as error:
                raise EngineError(
                    f"The process for reference clips does not answer. {await _end_of(process, error)}"
                ) from error
            return process

    def _process_alive(self) -> HostProcess:
        if self._process is not None and self._process.alive:
            return self._process
        self._process = None
        if importlib.util.find_spec("torch") is None:
            raise VoxdError(_LACKING)
        return HostProcess(self._place)

    @asynccontextmanager
    async def _in_use(self) -> AsyncIterator[None]:
        """The host stays as long as somebody asks, and a while longer."""
        self._stop_clock()
        self._asking += 1
        try:
            yield
        finally:
            self._asking -= 1
            if not self._asking and self._process is not None:
                self._leaving = asyncio.get_running_loop().call_later(self._idle_s, self._leave)

    def _stop_clock(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

    def _leave(self) -> None:
        self._ending = asyncio.get_running_loop().create_task(self._end_idle(), name="clips host ends")

    async def _end_idle(self) -> None:
        if not self._asking:  # somebody may have come since the clock ran out
            await self._end()

    async def _end(self) -> None:
        async with self._beginning:
            process, self._process = self._process, None
            if process is not None:
                await process.end()


async def _end_of(process: HostProcess, error: Exception) -> str:
    """What became of a process that broke off; nothing of it is left."""
    code = await process.exit_code(LEAVES_WITHIN_S)
    process.kill()
    await process.end()
    return f"It broke off: {in_words(error)}" if code is None else how_it_ended(code)
