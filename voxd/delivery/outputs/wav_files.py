"""A folder as an output, for machines without a sound device: each sound becomes a WAV file."""

import asyncio
import logging
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO, NamedTuple, TypeVar

from voxd.audio.resample import resampled
from voxd.audio.wav import HEADER_BYTES, header
from voxd.errors import OutputError
from voxd.model.audio import AudioFormat, Chunk

log = logging.getLogger(__name__)
T = TypeVar("T")

MAX_SOUND_S = 3600
WHEN = "%Y%m%d-%H%M%S-%f"
WHEN_PATTERN = r"\d{8}-\d{6}-\d{6}"


def stem_of(name: str) -> str:
    """What the names of an output's files begin with."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)


class _Part(NamedTuple):
    """A recording that is not whole yet."""

    path: Path
    file: BinaryIO


class WavFiles:
    """Writes `<name>-<time>.wav`, whole files only, and keeps the newest `kept` of this name.

    Each path is logged and given to `on_written`.
    """

    def __init__(self, name: str, folder: Path, kept: int, on_written: Callable[[Path], None] | None = None) -> None:
        self.name = name
        self._folder, self._kept, self._on_written = folder, kept, on_written
        self._stem = stem_of(name)
        self._ours = re.compile(rf"{re.escape(self._stem)}-{WHEN_PATTERN}\.wav")

    async def start(self) -> None:
        """Make the folder. Raises OutputError."""
        await self._told(self._made_ready)

    async def stop(self) -> None:
        """There is nothing to undo."""

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        """Write the sound to a file of its own, in the format of its first chunk; done when it is written.

        Nothing is left of a sound that was broken off. Raises OutputError.
        """
        part = await self._begun()
        try:
            if heard := await self._filled(part, sound):
                await self._publish(part, *heard)
        finally:
            await asyncio.to_thread(_discard, part)

    async def _begun(self) -> _Part:
        """A new part; cancelled, it is removed as soon as its thread has made it."""
        making = asyncio.create_task(self._told(self._part), name=f"begin a recording of {self.name}")
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(_discard_made)
            raise

    async def _filled(self, part: _Part, sound: AsyncIterator[Chunk]) -> tuple[AudioFormat, int] | None:
        """The sound's format and its length in bytes; None if there was none."""
        form, length = None, 0
        async with aclosing(resampled(sound)) as fit:
            async for chunk in fit:
                form, length = chunk.format, length + len(chunk.pcm)
                if length > MAX_SOUND_S * form.bytes_per_s:
                    raise OutputError(f"A recording may last {MAX_SOUND_S // 60} minutes at most")
                await self._told(partial(part.file.write, chunk.pcm))
        return (form, length) if form else None

    async def _publish(self, part: _Part, form: AudioFormat, length: int) -> None:
        path = await self._told(partial(self._published, part, header(form, length)))
        log.info("%s: %.1f s of sound are in %s", self.name, length / form.bytes_per_s, path)
        if self._on_written:
            self._on_written(path)

    async def _told(self, write: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(write)
        except OSError as error:
            raise OutputError(f"{self.name} cannot record in {self._folder}: {error.strerror or error}") from error

    def _made_ready(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for left_over in self._folder.glob(f".{self._stem}-*.part"):
            left_over.unlink(missing_ok=True)

    def _part(self) -> _Part:
        self._folder.mkdir(parents=True, exist_ok=True)
        number, name = mkstemp(dir=self._folder, prefix=f".{self._stem}-", suffix=".part")
        part = _Part(Path(name), os.fdopen(number, "wb"))
        part.file.write(bytes(HEADER_BYTES))
        return part

    def _published(self, part: _Part, head: bytes) -> Path:
        part.file.seek(0)
        part.file.write(head)
        part.file.close()
        path = self._folder / f"{self._stem}-{datetime.now().astimezone():{WHEN}}.wav"
        part.path.replace(path)
        ours = sorted(file for file in self._folder.iterdir() if self._ours.fullmatch(file.name))
        for old in ours[: -self._kept]:
            old.unlink(missing_ok=True)
        return path


def _discard(part: _Part) -> None:
    """Remove what was not published."""
    with suppress(OSError):
        part.file.close()
    part.path.unlink(missing_ok=True)


def _discard_made(making: asyncio.Task[_Part]) -> None:
    """Remove what nobody waits for any more."""
    if not making.cancelled() and making.exception() is None:
        _discard(making.result())
