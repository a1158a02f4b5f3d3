"""One announcement being spoken in its zones."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from voxd.announcing.programme import Programme
from voxd.announcing.queue import Waiting
from voxd.announcing.speech import Speech
from voxd.announcing.stand_ins import StandIn
from voxd.announcing.take import Take
from voxd.delivery.router import Router
from voxd.model.audio import Chunk


class Audience(Protocol):
    """Who follows a performance."""

    def synthesizing(self, performance: "Performance") -> None:
        """It begins."""

    def playing(self, performance: "Performance") -> None:
        """Its first sound is at an output."""

    def sentence_over(self, performance: "Performance") -> None:
        """Every zone has taken one more sentence."""


class Performance:
    """Speaks the sentences of an announcement that were not heard yet, in all its zones at once.

    `sentences_heard` counts those that every zone has taken, the ones of earlier runs included. `stand_in` is whoever
    spoke last in place of the voice that was asked for.
    """

    def __init__(self, waiting: Waiting, speech: Speech, router: Router, audience: Audience) -> None:
        self.announcement = waiting.announcement
        self.zones = waiting.zones
        self.sentences_heard = waiting.sentences_heard
        self.timings_ms: dict[str, float] = {}
        self.stand_in: StandIn | None = None
        self.finished = False
        self._accepted_at = waiting.accepted_at
        self._speech = speech
        self._router = router
        self._audience = audience
        self._ending = False
        self._started = 0.0
        self._first = waiting.sentences_heard
        self._taken: dict[_Ear, int] = {}

    def end_after_sentence(self) -> None:
        """Let the sentence that is being spoken be the last one."""
        self._ending = True

    async def run(self) -> None:
        """Speak until all was heard (`finished`), or until the end of a sentence where it was asked to end.

        Raises EngineError and OutputError, and BadRequestError where the voice is gone and nobody stands in.
        """
        wanted = self.announcement
        style = self._speech.announced_style(wanted.voice, wanted.language, wanted.rate)
        script = self._speech.script(wanted.text, style, accepted=True)
        takes = self._speech.announced(script, wanted.priority)
        self._started = time.monotonic()
        self.timings_ms["queued"] = round(1000 * max(0.0, time.time() - self._accepted_at), 1)
        self._audience.synthesizing(self)

        programme = Programme(takes, self._first)

        def sound() -> AsyncGenerator[Chunk, None]:
            return self._heard_in_one_zone(programme)

        await self._router.play(self.zones, sound)
        self.timings_ms["total"] = self._elapsed_ms()
        self.sentences_heard = min(self._taken.values(), default=self._first)
        self.finished = self.sentences_heard >= len(script)

    async def _heard_in_one_zone(self, programme: Programme) -> AsyncGenerator[Chunk, None]:
        """The sound for one zone. One whose output gives up in between is waited for no longer."""
        ear = _Ear(self)
        self._taken[ear] = self._first
        try:
            async with aclosing(programme.sound(ear)) as sound:
                async for chunk in sound:
                    yield chunk
        except GeneratorExit:
            del self._taken[ear]
            raise

    def note_taken(self, ear: "_Ear") -> bool:
        """One zone has taken one more sentence; whether it shall have the next."""
        self._taken[ear] += 1
        heard = min(self._taken.values())
        if heard > self.sentences_heard:
            self.sentences_heard = heard
            self._audience.sentence_over(self)
        return not self._ending

    def note_sound(self, take: Take) -> None:
        """A piece of it goes to an output."""
        self.stand_in = take.stand_in or self.stand_in
        if "first_audio" not in self.timings_ms:
            self.timings_ms["first_audio"] = self._elapsed_ms()
            self._audience.playing(self)

    def _elapsed_ms(self) -> float:
        return round(1000 * (time.monotonic() - self._started), 1)


class _Ear:
    """Follows the programme in one zone."""

    def __init__(self, performance: Performance) -> None:
        self._performance = performance

    def sounding(self, take: Take) -> None:
        """See Follower."""
        self._performance.note_sound(take)

    def sentence_over(self) -> bool:
        """See Follower."""
        return self._performance.note_taken(self)
