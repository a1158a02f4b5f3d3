"""Measuring: lets each voice that is used speak a passage to nobody once, when the house is quiet."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Protocol

from voxd.announcing.studio.levels import Levels
from voxd.announcing.studio.passages import passage
from voxd.audio.loudness import can_measure, loudness_lufs
from voxd.audio.seams import PAUSE_S, Ending
from voxd.errors import BusyError, VoxdError
from voxd.lib.threads import in_daemon_thread
from voxd.model.audio import Chunk, Clip
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.synthesis.engine import Sentence

log = logging.getLogger(__name__)

QUIET_S = 10.0
"""So long nothing was announced before a voice is measured."""
TRIES_MAX = 3
"""A voice that failed so often is left alone until its engine is ready anew, or the next start."""
WAITING_MAX = 100


class Speaking(Protocol):
    """Who speaks to nobody; synthesis/synthesizer.py in the daemon."""

    async def unheard(self, sentence: Sentence) -> Clip:
        """Raises BusyError as soon as the engine is wanted for something that is heard, and EngineError."""


class Measuring:
    """Announcements and renderings always go before: the sentence that is being measured then is said again later.

    `is_idle` tells whether nothing is being announced.
    """

    def __init__(
        self,
        levels: Levels,
        target_lufs: float | None,
        speaking: Speaking,
        is_idle: Callable[[], bool],
        quiet_s: float = QUIET_S,
    ) -> None:
        self._levels = levels
        self._wanted = target_lufs is not None
        self._speaking = speaking
        self._is_idle = is_idle
        self._quiet_s = quiet_s
        self._waiting: OrderedDict[VoiceId, Voice] = OrderedDict()
        self._failures: dict[tuple[str, VoiceId], int] = {}
        self._of: Voice | None = None
        self._heard: list[Chunk] = []
        self._news = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read what is known, and measure from now on."""
        if not self._wanted:
            return
        await in_daemon_thread(self._levels.load, "levels")
        if not can_measure():
            log.warning(
                "Voices and chimes are played as loud as they are: libebur128 is not here to measure them "
                "(`apt install libebur128-1`); sound.loudness_lufs: null is the way to say that this is wanted"
            )
            return
        self._running = asyncio.create_task(self._run(), name="measuring")

    async def stop(self) -> None:
        """Measure nothing any more."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None

    def gain_db(self, voice: Voice) -> float:
        """See Gains."""
        return self._levels.gain_db(voice)

    def note_use(self, voice: Voice) -> None:
        """See Gains. The voice is measured in its turn, if it was not yet."""
        if (
            self._running is None
            or self._levels.knows(voice)
            or self._failures.get((voice.engine, voice.name), 0) >= TRIES_MAX
        ):
            return
        if len(self._waiting) < WAITING_MAX:
            self._waiting[voice.name] = voice
            self._news.set()

    def note_ready(self, engine: str) -> None:
        """An engine is ready: what failed before may work now."""
        self._failures = {key: count for key, count in self._failures.items() if key[0] != engine}

    async def _run(self) -> None:
        while True:
            self._news.clear()
            while self._waiting:
                await self._quiet()
                await self._measure(next(iter(self._waiting.values())))
            await self._news.wait()

    async def _quiet(self) -> None:
        """Wait until nothing was announced for a while."""
        loop = asyncio.get_running_loop()
        since = loop.time()
        while loop.time() - since < self._quiet_s:
            await asyncio.sleep(self._quiet_s / 10)
            if not self._is_idle():
                since = loop.time()

    async def _measure(self, voice: Voice) -> None:
        try:
            heard = await self._passage(voice)
        except BusyError:
            if not self._heard:  # others, whose engines may be free, go before
                self._waiting.move_to_end(voice.name)
            return  # it waits on
        except VoxdError as error:
            self._fail(voice, str(error))
            return
        del self._waiting[voice.name]
        level = await in_daemon_thread(partial(loudness_lufs, heard), "loudness")
        if level is None:
            self._fail(voice, "It gives no sound that can be heard")
        else:
            self._levels.note(voice, level)
            log.info("The voice %s has %.1f LUFS; its gain is %+.1f dB", voice.name, level, self.gain_db(voice))
            await in_daemon_thread(self._levels.save, "levels")

    def _fail(self, voice: Voice, reason: str) -> None:
        log.debug("How loud %s is could not be measured: %s", voice.name, reason)
        key = voice.engine, voice.name
        self._failures[key] = self._failures.get(key, 0) + 1
        self._waiting.pop(voice.name, None)

    async def _passage(self, voice: Voice) -> list[Chunk]:
        """Ten sentences with the pauses between them, as they are announced.

        Raises BusyError where something is announced, and EngineError.
        """
        heard = self._heard if self._of == voice else []
        self._of, self._heard = voice, heard
        for words in passage(voice.language)[len(heard) // 2 :]:
            if not self._is_idle():
                raise BusyError("Something is announced")
            clip = await self._speaking.unheard(Sentence(words, voice, voice.language, voice.rate))
            ending = Ending(PAUSE_S)
            ending.note(clip)
            heard += [clip, ending.seam()]
        self._of, self._heard = None, []
        return heard
