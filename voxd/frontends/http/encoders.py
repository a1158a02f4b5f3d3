"""Encoded sound, made by ffmpeg: a child for each, on a short leash, fed with samples while they come."""

import asyncio
import os
import resource
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager

from voxd.audio.pcm import mono
from voxd.audio.wav import MAX_DATA_BYTES, header
from voxd.errors import BadRequestError, BusyError, EngineError
from voxd.frontends.http.sound_formats import SoundFormat
from voxd.lib.child_process import ChildProcess
from voxd.model.audio import Chunk

PROGRAM = "ffmpeg"
AT_ONCE = 16
SILENT_S = 20.0
"""So long it may give nothing once it has everything, or take nothing."""
CLIENT_S = 600.0
"""So long it may be held up by a client that takes its sound slowly, whose connection bounds that itself."""
LIMITS = {
    resource.RLIMIT_CPU: 300,
    resource.RLIMIT_AS: 2**30,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: 32,
    resource.RLIMIT_CORE: 0,
}
_BEFORE = (
    *("-nostdin", "-hide_banner", "-loglevel", "fatal", "-threads", "1", "-filter_threads", "1"),
    *("-protocol_whitelist", "pipe", "-fflags", "nobuffer", "-probesize", "32", "-analyzeduration", "0"),
    *("-f", "wav", "-ignore_length", "1", "-max_size", "1024", "-i", "pipe:0"),
    *("-map", "0:a:0", "-map_metadata", "-1", "-threads", "1"),
)
_BEHIND = ("-flush_packets", "1", "pipe:1")


class Encoders:
    """Makes a few sounds at once; what is too many is refused."""

    def __init__(self, at_once: int = AT_ONCE, program: str = PROGRAM) -> None:
        self._free = at_once
        self._program = program

    async def encoded(self, sound: AsyncIterator[Chunk], wanted: SoundFormat) -> AsyncGenerator[bytes, None]:
        """The sound in that format, in pieces as they come.

        ffmpeg starts while the first sound is made. It opens nothing but its pipes, and does not outlive this
        generator. Raises what `sound` raises, before the first piece wherever that is possible; BadRequestError where
        there is no ffmpeg, BusyError, EngineError where it fails. The caller closes `sound`.
        """
        with self._room():
            child = self._started(wanted)
            try:
                child.limit(LIMITS)
                async with aclosing(_pieces(child, sound, wanted.name)) as pieces:
                    async for piece in pieces:
                        yield piece
            finally:
                await child.end()

    @contextmanager
    def _room(self) -> Iterator[None]:
        if not self._free:
            raise BusyError("Too many sounds are being encoded at once; try again later, or ask for wav or pcm")
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1

    def _started(self, wanted: SoundFormat) -> ChildProcess:
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        try:
            return ChildProcess((self._program, *_BEFORE, *wanted.arguments, *_BEHIND), environment=environment)
        except FileNotFoundError:
            raise BadRequestError(
                f"{wanted.name} is made by ffmpeg, which is not installed: `apt install ffmpeg`, or ask for wav or pcm"
            ) from None
        except OSError as error:
            raise EngineError(f"ffmpeg cannot be run: {error.strerror}") from error


async def _pieces(child: ChildProcess, sound: AsyncIterator[Chunk], name: str) -> AsyncGenerator[bytes, None]:
    feeding = asyncio.create_task(_feed(child, sound), name="encoder feeding")
    try:
        while piece := await _piece(child, feeding, name):
            yield piece
        await feeding
        await _check_ended_well(child, name)
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)


async def _feed(child: ChildProcess, sound: AsyncIterator[Chunk]) -> None:
    """Give it the sound as a WAV without end, mono. Where that fails it is killed, so that whoever reads it knows."""
    begun = False
    try:
        async for chunk in sound:
            head = b"" if begun else header(mono(chunk).format, MAX_DATA_BYTES)
            await child.write(head + mono(chunk).pcm, CLIENT_S)
            begun = True
        child.close_input()
    except BaseException:
        child.kill()
        raise


async def _piece(child: ChildProcess, feeding: "asyncio.Task[None]", name: str) -> bytes:
    """What it gives next. How long it may take to be fed is bounded by who makes the sound."""
    while True:
        is_fed = feeding.done()
        try:
            return await child.read(SILENT_S)
        except TimeoutError:
            if is_fed:
                raise EngineError(f"ffmpeg makes no {name}: it gave nothing for {SILENT_S:g} s") from None


async def _check_ended_well(child: ChildProcess, name: str) -> None:
    try:
        code = await child.exit_code(SILENT_S)
    except TimeoutError:
        raise EngineError("ffmpeg did not end") from None
    if code:
        raise EngineError(f"ffmpeg made no {name} (code {code}): {child.complaint() or 'it says nothing'}")
