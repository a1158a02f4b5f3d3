"""One server's go at a sentence."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from voxd.errors import ProtocolError
from voxd.model.audio import Chunk
from voxd.synthesis.engine import Sentence
from voxd.synthesis.engines.remote.failures import as_expected
from voxd.synthesis.engines.remote.hearing import Hearing
from voxd.synthesis.engines.remote.member import Member

AHEAD_CHUNKS = 32
"""So much is taken from a server that nobody has listened to yet."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for a first sound, for each piece after it, and for all of them: some drip without end."""

    first_s: float
    chunk_s: float
    whole_s: float


class Attempt:
    """The server is asked within an asyncio task of its own, so that what began there ends there, whoever listens.

    `news` is called when the first sound is there, or everything is over. `failure` is why it ended, None where it
    has not, or came to its end.
    """

    def __init__(self, member: Member, sentence: Sentence, patience: Patience, news: Callable[[], None]) -> None:
        self.member = member
        self._sentence = sentence
        self._patience = patience
        self._news = news
        self._given: asyncio.Queue[Chunk | None] = asyncio.Queue(AHEAD_CHUNKS)
        self._loop = asyncio.get_running_loop()
        self._begun_at = self._loop.time()
        self._waited_s = 0.0
        self.sounded = False
        self.failure: Exception | None = None
        self._listening = asyncio.create_task(self._listen(), name=f"sentence at {member.address}")

    @property
    def elapsed_s(self) -> float:
        """Since it began."""
        return self._loop.time() - self._begun_at

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """All its sound. Raises what the server raised, and ProtocolError."""
        while (chunk := await self._given.get()) is not None:
            yield chunk
        if self.failure is not None:
            raise self.failure

    def when_over(self, act: Callable[[], None]) -> None:
        """Call `act` once nothing of it is left, whatever came of it."""
        self._listening.add_done_callback(lambda _: act())

    async def end(self) -> None:
        """Leave the server at once."""
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)

    async def _listen(self) -> None:
        try:
            await self._take_all()
        except Exception as error:  # it rises where the sound is listened to
            self.failure = as_expected(self.member.address, error)
        self._news()
        await self._given.put(None)

    async def _take_all(self) -> None:
        hearing = Hearing(self._sentence)
        async with aclosing(self.member.server.speak(self._sentence)) as sound:
            while (chunk := await self._next(sound)) is not None:
                for given in hearing.heard(chunk):
                    await self._given.put(given)
                    self._note_sound()
        hearing.check_ended()

    async def _next(self, sound: AsyncGenerator[Chunk, None]) -> Chunk | None:
        now = self._loop.time()
        first_due = self._begun_at + self._patience.first_s
        due = now + self._patience.chunk_s if self.sounded else first_due
        end_due = now + self._patience.whole_s - self._waited_s
        try:
            async with asyncio.timeout_at(min(due, end_due)) as limit:
                return await anext(sound, None)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise ProtocolError(self._too_long(due <= end_due)) from error
        finally:
            self._waited_s += self._loop.time() - now

    def _too_long(self, for_this: bool) -> str:
        if not for_this:
            return f"it did not come to an end within {self._patience.whole_s:.3g} s"
        return f"it gave no sound for {self._patience.chunk_s if self.sounded else self._patience.first_s:.3g} s"

    def _note_sound(self) -> None:
        if not self.sounded:
            self.sounded = True
            self.member.speaks(self.elapsed_s)
            self._news()
