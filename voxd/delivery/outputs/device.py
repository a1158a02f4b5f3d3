"""A sound device of this machine as an output; whatever happens to it, the sound goes on when it can."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from itertools import count

from voxd.audio.resample import resampled
from voxd.delivery.ensemble import Ensemble, Part
from voxd.delivery.outputs.audio_child import DeviceLostError
from voxd.delivery.outputs.feed import feed
from voxd.delivery.outputs.health import Health
from voxd.delivery.outputs.line import Line
from voxd.delivery.outputs.reel import Reel
from voxd.delivery.outputs.step_pace import StepPace
from voxd.errors import OutputError
from voxd.model.audio import AudioFormat, Chunk
from voxd.settings import DeviceOutputSettings, PlaybackSettings

log = logging.getLogger(__name__)

GIVE_UP_S = 10.0
RETRY_S = 0.3
FADE_MS = 5


class DeviceOutput:
    """Plays on one device, one sound at a time.

    A device that worked and is lost gets `give_up_s` to come back; one that did not work is tried once. The owner
    is told when silence had to be played because a sound came too late.
    """

    def __init__(
        self,
        name: str,
        settings: DeviceOutputSettings,
        playback: PlaybackSettings,
        give_up_s: float = GIVE_UP_S,
        fade_ms: int = FADE_MS,
    ) -> None:
        self.name = name
        self._fade_s = fade_ms / 1000
        self._stalled_after_s = playback.stalled_after_ms / 1000
        self._health = Health(name, give_up_s)
        self._line = Line(settings, playback)
        self._turn = asyncio.Lock()
        self._numbers = count(1)

    async def start(self) -> None:
        """Find the device; one that was given up must open too. Raises OutputError."""
        async with self._turn:
            await (self._line.prove() if self._health.doubted else self._line.warm())
            self._health.works = True
            self._line.rest(sounded=False)

    async def stop(self) -> None:
        """Let what was played ring out, and end the audio child. A sound being played comes to its end first."""
        async with self._turn:
            await self._line.stop()

    async def look(self) -> None:
        """See whether the card was unplugged while it was idle. Raises OutputError."""
        if self._turn.locked() or self._line.is_there:
            return
        async with self._turn:
            await self._line.drop()
        self._health.doubted = True
        raise OutputError(f"The sound device of {self.name} was unplugged")

    async def play(self, sound: AsyncIterator[Chunk]) -> None:
        """Play to the end, until it was heard; cancelled, it falls silent within the device's latency.

        Raises OutputError.
        """
        await self._perform(sound, None)

    async def play_in_step(self, sound: AsyncIterator[Chunk], ensemble: Ensemble) -> None:
        """Play, each frame when the others of the ensemble play it. Raises OutputError."""
        with ensemble.part(self.name) as part:
            await self._perform(sound, part)

    async def _perform(self, sound: AsyncIterator[Chunk], part: Part | None) -> None:
        async with self._turn:
            try:
                await self._play(sound, part)
            except BaseException:
                with suppress(OutputError):
                    self._line.child.hush(self._fade_s)
                self._line.rest(sounded=False)
                raise
            self._line.rest(sounded=True)

    async def _play(self, sound: AsyncIterator[Chunk], part: Part | None) -> None:
        first = await self._first(sound)
        if not first:
            return
        opened = await self._opened(first.format)
        pace = StepPace(part, opened) if part else None
        reel = Reel(opened, pace)
        async with aclosing(_joined(first, sound)) as whole, aclosing(resampled(whole, reel.format)) as fit:
            collecting = asyncio.create_task(reel.collect(fit), name=f"collect {self.name}")
            try:
                if pace:
                    reel.begin_at(await pace.start(self._line.lead_s))
                await self._deliver(reel, first.format, pace)
                await collecting
            finally:
                await _ended(collecting)

    async def _first(self, sound: AsyncIterator[Chunk]) -> Chunk | None:
        """The first chunk with anything in it; the audio child is made ready meanwhile."""
        warming = asyncio.create_task(self._line.warm(), name=f"warm {self.name}")
        try:
            first = await _first_of(sound)
            await warming
        except OutputError as error:
            self._health.lose(error)
        finally:
            await _ended(warming)
        return first

    async def _deliver(self, reel: Reel, wished: AudioFormat, pace: StepPace | None) -> None:
        def heard(frames: int, at: float) -> None:
            self._health.regain()
            if pace:
                pace.heard(frames, at)

        while not reel.over:
            try:
                child = self._line.child
                await feed(child, reel, next(self._numbers), self._stalled_after_s, heard)
                self._tell_gaps(child.standing.gaps)
            except DeviceLostError as error:
                self._health.lose(error)
                if pace:
                    pace.lose()
                await self._line.drop()
                await self._reopened(reel, wished)

    async def _reopened(self, reel: Reel, wished: AudioFormat) -> None:
        if await self._opened(wished) != reel.format:
            raise OutputError(f"The sound device of {self.name} came back with another rate or other channels")
        reel.rewind()

    async def _opened(self, wished: AudioFormat) -> AudioFormat:
        while True:
            try:
                return await self._line.open(wished)
            except OutputError as error:
                self._health.lose(error)
                await asyncio.sleep(RETRY_S)

    def _tell_gaps(self, gaps: int) -> None:
        if gaps:
            log.info("A sound for %s came too late; gaps filled with silence: %d", self.name, gaps)


async def _ended(task: asyncio.Task[object]) -> None:
    """Cancel a task, wait for its end; whoever wanted its error has had it."""
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()


async def _first_of(sound: AsyncIterator[Chunk]) -> Chunk | None:
    async for chunk in sound:
        if chunk.pcm:
            return chunk
    return None


async def _joined(first: Chunk, rest: AsyncIterator[Chunk]) -> AsyncGenerator[Chunk, None]:
    yield first
    async for chunk in rest:
        yield chunk
