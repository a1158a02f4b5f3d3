"""A take: one sentence, spoken by the first of its voices that can."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

from voxd.announcing.speaking.cast import Cast
from voxd.announcing.speaking.guard import Guard, StrangerError
from voxd.announcing.speaking.script import Line
from voxd.announcing.speaking.stand_ins import StandIn
from voxd.audio.pcm import silence
from voxd.errors import EngineError, VoxdError
from voxd.model.audio import Chunk
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.synthesis.engine import Sentence
from voxd.synthesis.rendition import Rendition

RUNAWAY = "runaway"
"""The fault of an engine that did not come to an end; another roll of its dice may."""
Speak = Callable[[Sentence], Rendition]


class LateError(EngineError):
    """A voice gave no sound in time."""


@dataclass(eq=False, slots=True)
class Attempt:
    """One voice's go at the sentence; `number` is the voice's in the cast, `due` the loop's time of its deadline."""

    number: int
    sentence: Sentence
    rendition: Rendition
    reseeded: bool = False
    sounded: bool = False
    due: float | None = None


class Take:
    """Shared by all who hear the sentence: when a voice fails, the next one is chosen once, for all of them.

    Hold it to have it begun, let go of it afterwards; held again, whoever spoke it last speaks it again.
    """

    def __init__(self, line: Line, cast: Cast, speak: Speak, guard: Guard) -> None:
        self._words = line.words
        self._pause_s = line.pause_s
        self.gain_db = line.gain_db
        self._cast = cast
        self._speak = speak
        self._guard = guard
        self._judging = asyncio.Lock()
        self._attempt: Attempt | None = None
        self._number = 0
        self._holds = 0
        self._failures: list[tuple[VoiceId, VoxdError]] = []
        self._failure: VoxdError | None = None

    @property
    def stand_in(self) -> StandIn | None:
        """Who speaks in place of the voice asked for; None while that speaks itself."""
        if not self._number:
            return None
        return StandIn(self._cast.style(self._number).voice.name, _told(self._failures) or self._cast.reason)

    @property
    def voice(self) -> Voice | None:
        """Whose sound it is, for those who hear it; None while nobody holds it."""
        return self._attempt.sentence.voice if self._attempt else None

    @property
    def engine(self) -> str:
        """Who makes its sound, for those who hear it."""
        return self._attempt.sentence.voice.engine if self._attempt else ""

    @property
    def cached(self) -> bool:
        """Whether no engine had to speak for it; known as soon as its first sound is there."""
        return self._attempt is not None and self._attempt.rendition.cached

    def hold(self) -> None:
        """Have it begun, or join whoever did. Raises EngineError or BusyError where no voice can begin."""
        if self._failure is not None:
            raise self._failure
        if self._attempt is None:
            self._attempt = self._begun(max(self._number, self._cast.first))
        self._holds += 1

    def let_go(self) -> None:
        """Hear no more of it. Whoever was the last cancels what is still being synthesized."""
        self._holds -= 1
        if not self._holds and self._attempt is not None:
            self._attempt.rendition.close()
            self._attempt = None

    def caught_up(self) -> Attempt:
        """The attempt to be heard now: the cast may have been handed over since it was begun.

        Raises VoxdError where no voice can begin.
        """
        assert self._attempt is not None, "nobody holds this take"
        if self._attempt.number < self._cast.first and not self._attempt.sounded:
            self._attempt.rendition.close()
            self._attempt = self._or_fail(lambda: self._begun(self._cast.first))
        return self._attempt

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """The sound for one listener, who holds it, after the silence before it; at least one chunk, none empty.

        Where a voice fails in the middle, the next one speaks the sentence from its beginning, maybe in another
        format; in a cast of one voice that is an error. Raises VoxdError when no voice is left.
        """
        attempt = self.caught_up()
        pause_s = self._pause_s
        while True:
            try:
                async with aclosing(self._source(attempt)) as sound:
                    chunk = await self._first(attempt, sound)
                    if chunk is not None and pause_s:
                        yield silence(chunk.format, pause_s)
                        pause_s = 0.0
                    while chunk is not None and attempt is self._attempt:
                        attempt.sounded = True
                        self._cast.settle()
                        yield chunk
                        chunk = await anext(sound, None)
                if chunk is None:
                    return
                attempt = self.caught_up()
            except VoxdError as error:
                attempt = self._after(attempt, error)

    def _source(self, attempt: Attempt) -> AsyncGenerator[Chunk, None]:
        if attempt.sentence.voice.guard is None:
            return attempt.rendition.chunks()
        return self._guarded(attempt)

    async def _guarded(self, attempt: Attempt) -> AsyncGenerator[Chunk, None]:
        """The sound, held back until it is whole and was found to be the voice's own."""
        clip = await attempt.rendition.clip()
        async with self._judging:  # whoever comes second finds the judgement remembered
            try:
                await self._guard.check(attempt.sentence.voice, clip)
            except StrangerError:
                attempt.rendition.spoil()
                raise
        yield clip

    async def _first(self, attempt: Attempt, sound: AsyncGenerator[Chunk, None]) -> Chunk | None:
        """The first chunk. Raises LateError if it does not come in time, counted from when it was first waited for."""
        at_once = attempt.rendition.ready is not None and attempt.sentence.voice.guard is None
        patience_s = None if at_once else self._cast.patience_s(attempt.number)
        if patience_s is None:
            return await anext(sound, None)
        if attempt.due is None:
            attempt.due = asyncio.get_running_loop().time() + patience_s
        try:
            async with asyncio.timeout_at(attempt.due) as limit:
                return await anext(sound, None)
        except TimeoutError:
            if not limit.expired():
                raise  # not ours
            raise LateError(f"It gave no sound within {patience_s:g} s") from None

    def _after(self, attempt: Attempt, error: VoxdError) -> Attempt:
        """What follows a failed attempt, the same for every listener. Raises VoxdError where nothing does."""
        if self._failure is not None:
            raise self._failure
        if attempt is not self._attempt:
            return self.caught_up()
        if isinstance(error, LateError) and attempt.sounded:
            return attempt  # another listener was given its first sound in the very last moment
        attempt.rendition.close()
        self._attempt = self._or_fail(lambda: self._successor(attempt, error))
        return self._attempt

    def _or_fail(self, begin: Callable[[], Attempt]) -> Attempt:
        try:
            return begin()
        except VoxdError as error:
            self._failure = error
            raise

    def _successor(self, failed: Attempt, error: VoxdError) -> Attempt:
        if isinstance(error, EngineError) and error.fault == RUNAWAY and not (failed.reseeded or self._cast.one_voice):
            with suppress(VoxdError):
                return self._reseeded(failed)
        if self._cast.style(failed.number).voice.revision != failed.sentence.voice.revision:
            return self._begun(failed.number)  # its engine has forgotten the revision that was asked to speak
        number = self._next(failed.number, error)
        if isinstance(error, LateError):  # who is late once is late again: the rest of the text waits no further time
            self._cast.hand_over(number, str(error))
        return self._begun(number)

    def _reseeded(self, failed: Attempt) -> Attempt:
        """The same voice once more, with other dice."""
        voice = failed.sentence.voice
        seed = None if voice.seed is None else (voice.seed + 1) % 2**63
        sentence = replace(failed.sentence, voice=replace(voice, seed=seed))
        return Attempt(failed.number, sentence, self._speak(sentence), reseeded=True)

    def _begun(self, number: int) -> Attempt:
        """The first attempt that can begin, from that voice on. Raises EngineError or BusyError."""
        while True:
            sentence = self._cast.style(number).sentence(self._words)
            try:
                attempt = Attempt(number, sentence, self._speak(sentence))
            except VoxdError as error:
                number = self._next(number, error)
            else:
                self._number = number
                return attempt

    def _next(self, number: int, error: VoxdError) -> int:
        """The voice after one that failed. Raises VoxdError with all reasons where there is none."""
        self._failures.append((self._cast.style(number).voice.name, error))
        if self._cast.settled or not self._cast.has(number + 1):
            raise error if len(self._failures) == 1 else EngineError(_told(self._failures))
        if self._cast.one_voice:
            self._cast.hand_over(number + 1, str(error))
        return number + 1


def _told(failures: list[tuple[VoiceId, VoxdError]]) -> str:
    """Why the voices did not speak, a sentence for the owner."""
    if len(failures) == 1:
        return str(failures[0][1])
    return "; ".join(f"{voice}: {error}" for voice, error in failures)
