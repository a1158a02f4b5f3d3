"""One announcement being spoken in its zones."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Protocol

from voxd.announcing.agenda.effects import Begin
from voxd.announcing.agenda.rules.cut_off import HALF
from voxd.announcing.hearing import Hearing, length_s
from voxd.announcing.recordings import Recordings
from voxd.announcing.speaking.act import Act
from voxd.announcing.speaking.speech import Speech
from voxd.announcing.speaking.stand_ins import StandIn
from voxd.announcing.studio.programme import Programme
from voxd.announcing.studio.studio import Studio
from voxd.delivery.router import Router, StandsIn, Volume
from voxd.errors import VoxdError
from voxd.model.audio import Chunk

ALMOST_ALL = 0.99
"""The part that was heard when the clock says all: it is all only when the outputs are through."""
NEWS_EVERY_S, NEWS_AFTER_S = 1.0, 0.05
"""How often its audience learns how much was heard: at least, and at most."""


class Audience(Protocol):
    """Who follows a performance."""

    def begins(self, performance: "Performance") -> None:
        """It is taken in hand."""

    def playing(self, performance: "Performance") -> None:
        """Its first sound is there; an output has it when this returns."""

    def heard_more(self, performance: "Performance") -> None:
        """More of it was heard: told after each sentence, the first half and the end, and about once a second."""


class Performance:
    """Speaks the sentences of an announcement that were not heard yet, in all its zones at once.

    Afterwards either all of it was heard (`finished`), or it ended early because it was asked to. `stand_in` is whoever
    spoke last in place of the voice that was asked for; `missed` says what was not heard where other outputs were.
    """

    def __init__(
        self,
        begin: Begin,
        speech: Speech,
        studio: Studio,
        recordings: Recordings,
        router: Router,
        volume: Volume,
        stands_in: StandsIn,
        audience: Audience,
    ) -> None:
        self.entry = begin.entry
        self._lasts_s = begin.lasts_s or 0.0
        self.announcement = begin.entry.announcement
        self.timings_ms: dict[str, float] = {}
        self.stand_in: StandIn | None = None
        self.engine = ""
        self.cached: bool | None = None
        self.missed: tuple[str, ...] = _left_out(begin)
        self.finished = False
        self._speech, self._studio, self._recordings, self._router = speech, studio, recordings, router
        self._volume, self._stands_in, self._audience = volume, stands_in, audience
        self._lengths_s: tuple[float, ...] = ()
        self._ears: list[_Ear] = []
        self._ending = False
        self._sentence_given = asyncio.Event()
        self._started = 0.0
        self._failure: VoxdError | None = None
        self._playing: asyncio.Task[None] | None = None
        self._result: tuple[int, float] | None = None

    @property
    def sentences_heard(self) -> int:
        """The sentences that were surely heard in every zone, those of earlier performances included."""
        return self._heard(time.monotonic())[0]

    @property
    def heard(self) -> float:
        """The part of the announcement that was heard, from 0 to 1, as far as the clock tells."""
        return self._heard(time.monotonic())[1]

    @property
    def sounds(self) -> bool:
        """Whether an output has some of it."""
        return "first_audio" in self.timings_ms

    def end_after_sentence(self) -> None:
        """Let the sentence that is being spoken be the last one."""
        self._ending = True

    def break_off(self) -> None:
        """Fall silent at once."""
        self._result = self._heard(time.monotonic())
        if self._playing is not None:
            self._playing.cancel()

    async def run(self) -> None:
        """Speak until all was heard, or until it was asked to end.

        Raises EngineError and OutputError, and BadRequestError where the voice is gone and nobody stands in.
        """
        if self._is_over():
            return
        self._started = time.monotonic()
        programme = await self._programme()
        if self._is_over():
            return
        self._audience.begins(self)
        async with asyncio.TaskGroup() as group:
            self._playing = group.create_task(self._play(programme), name="playing")
            telling = group.create_task(self._tell_how_much(), name="telling how much was heard")
            try:
                await asyncio.wait({self._playing})
            finally:
                self._result = self._result or self._heard(time.monotonic())
                telling.cancel()
        if self._failure is not None:
            raise self._failure

    def _is_over(self) -> bool:
        return self._result is not None

    async def _programme(self) -> Programme:
        """What is left of it to be heard. Raises BadRequestError."""
        wanted = self.announcement
        if wanted.siren:
            self._lengths_s = (self._lasts_s,)
            return await self._studio.siren(wanted, self._lasts_s, lambda: not self._ending)
        if wanted.recording is not None:
            recording = await self._recordings.load(wanted.recording)
            self._lengths_s = (recording.sound.duration_s,)
            return self._studio.programme(wanted, self._studio.played(recording), self.entry.sentences_heard)
        style = self._speech.announced_style(wanted.voice, wanted.language, wanted.rate)
        script = self._speech.script(wanted.text, style, accepted=True)
        self._lengths_s = tuple(length_s(line.words) for line in script)
        takes = self._speech.announced(script, wanted.priority)
        return self._studio.programme(wanted, takes, self.entry.sentences_heard)

    async def _play(self, programme: Programme) -> None:
        def sound() -> AsyncGenerator[Chunk, None]:
            return self._for_one_output(programme)

        try:
            played = await self._router.play(self.entry.zones, sound, self._volume, self._stands_in, self._note_end)
        except VoxdError as error:
            self._failure = self._failure or error
            return
        self.timings_ms["total"] = self._elapsed_ms()
        if played.apart_ms is not None:
            self.timings_ms["apart"] = played.apart_ms
        self.missed += played.missed
        self._result = self._heard(math.inf)
        is_cut = self._ending and self.announcement.siren  # it has no sentences to end after
        self.finished = self._result[0] >= len(self._lengths_s) and not is_cut

    async def _for_one_output(self, programme: Programme) -> AsyncGenerator[Chunk, None]:
        """The sound for one output. One that gives up in between is waited for no longer.

        Where it cannot go on, what was given of it is heard to its end: the siren before words that nobody can speak.
        """
        ear = _Ear(self, Hearing(self._lengths_s, self.entry.sentences_heard))
        self._ears.append(ear)
        try:
            async with aclosing(programme.sound(ear)) as sound:
                async for chunk in sound:
                    self._note_sound()
                    ear.give(chunk)
                    yield chunk
        except GeneratorExit:
            ear.gone = True
            raise
        except VoxdError as error:
            if not ear.sounds:
                raise
            self._failure = self._failure or error

    def _note_sound(self) -> None:
        """A piece of it goes to an output next."""
        if "first_audio" not in self.timings_ms:
            self.timings_ms["first_audio"] = self._elapsed_ms()
            self._audience.playing(self)

    def _note_end(self) -> None:
        """All of it was heard that will be."""
        self._result = self._result or self._heard(math.inf)
        self._audience.heard_more(self)

    def note_take(self, take: Act) -> None:
        """A piece of this take goes to an output next."""
        self.stand_in = take.stand_in or self.stand_in
        self.engine = take.engine
        if self.cached is None:
            self.cached = take.cached

    def note_sentence(self) -> bool:
        """A sentence was given to an output whole; whether the next one is to follow."""
        self._sentence_given.set()
        return not self._ending

    async def _tell_how_much(self) -> None:
        told_at, told = time.monotonic(), self.heard
        while True:
            self._sentence_given.clear()
            if not told < HALF <= self.heard:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._news_in_s(told_at)):
                        await self._sentence_given.wait()
                        continue  # how much was heard is known better now
            told_at, told = time.monotonic(), self.heard
            if "first_audio" in self.timings_ms:
                self._audience.heard_more(self)

    def _news_in_s(self, told_at: float) -> float:
        """When there will be something to tell, if nothing comes in between."""
        now = time.monotonic()
        coming = [ear.hearing.changes_in_s(now) for ear in self._ears if not ear.gone]
        wait_s = min((s for s in coming if s is not None), default=NEWS_EVERY_S)
        return max(NEWS_AFTER_S, min(wait_s, told_at + NEWS_EVERY_S - now))

    def _heard(self, now: float) -> tuple[int, float]:
        """Sentences and part that were heard wherever somebody still hears it, else where it was heard longest."""
        if self._result is not None:
            return self._result
        if not self._ears:
            return self.entry.sentences_heard, self.entry.heard
        hearings = [ear.hearing for ear in self._ears if not ear.gone]
        if not hearings:
            return max((ear.hearing.sentences(now), ear.hearing.share(now)) for ear in self._ears)
        share = min(each.share(now) for each in hearings)
        return min(each.sentences(now) for each in hearings), share if now == math.inf else min(share, ALMOST_ALL)

    def _elapsed_ms(self) -> float:
        return round(1000 * (time.monotonic() - self._started), 1)


def _left_out(begin: Begin) -> tuple[str, ...]:
    """Why some of the zones do not hear it; a sentence, if there are such zones."""
    zones = [zone for zone in begin.entry.announcement.zones if zone not in begin.entry.zones]
    reason = begin.reason or f"Not heard in {', '.join(zones)}: quiet hours or do not disturb"
    return (reason,) if zones else ()


class _Ear:
    """Follows the programme at one output."""

    def __init__(self, performance: Performance, hearing: Hearing) -> None:
        self.hearing = hearing
        self.gone = False
        self.sounds = False
        self._performance = performance
        self._speaks = False

    def give(self, chunk: Chunk) -> None:
        """The output gets this next."""
        self.sounds = True
        self.hearing.give(chunk.duration_s, time.monotonic(), speech=self._speaks)
        self._speaks = False

    def sounding(self, take: Act) -> None:
        """See Follower."""
        self._speaks = True
        self._performance.note_take(take)

    def sentence_over(self) -> bool:
        """See Follower."""
        self.hearing.end_sentence()
        return self._performance.note_sentence()
