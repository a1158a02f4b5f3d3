"""The engines that are servers: one, or several that speak alike, whatever their kind."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial

from voxd.errors import BadRequestError, EngineError
from voxd.model.audio import Chunk
from voxd.settings.engines import RemoteSettings
from voxd.synthesis.engine import EngineHealth, EngineTraits, Sentence, Speaker
from voxd.synthesis.engines.remote.attempt import Attempt, Patience
from voxd.synthesis.engines.remote.choosing import Choosing
from voxd.synthesis.engines.remote.condition import RemoteCondition
from voxd.synthesis.engines.remote.discretion import Discretion
from voxd.synthesis.engines.remote.failures import EXPECTED
from voxd.synthesis.engines.remote.hearing import RunawayError, longest_s
from voxd.synthesis.engines.remote.member import Member
from voxd.synthesis.engines.remote.memory import Memory
from voxd.synthesis.engines.remote.race import Race
from voxd.synthesis.engines.remote.server import SpeechServer
from voxd.synthesis.engines.remote.watch import Watch
from voxd.wire.wyoming.host_events import Fault

SHOWN_CHARS = 64
START_S = 1.0
"""So long at most the start of the house waits for what servers tell: one that takes no part in it holds up nobody."""
SLOWEST_TIMES = 3.0
"""Who takes longer than that times the longest that a sentence may be will not come to its end."""
SEEK_S = 0.5
"""A sentence waits so long at most for servers that were away a moment ago."""


class RemoteEngine:
    """Gives each sentence to one of its servers, and looks after them all (see Race, Choosing, Watch).

    As long as none is believed to answer, every sentence is an EngineError with the reason, nearly at once.
    """

    def __init__(self, name: str, settings: RemoteSettings, servers: Sequence[SpeechServer], memory: Memory) -> None:
        self.name = name
        self._settings = settings
        self._members = [Member(server, Discretion(settings.token_file), self._note) for server in servers]
        self._memory = memory
        self._condition = RemoteCondition(name, settings, len(servers))
        self._choosing = Choosing(self._members, settings.concurrency)
        self._watch = Watch(self._members, settings.probe_s, self._note_answer)
        self._clones: set[str] = set()
        """Speakers that we gave the servers; they may list them among their own."""

    @property
    def traits(self) -> EngineTraits:
        """As the servers told, also while they are away."""
        return self._condition.traits

    @property
    def speakers(self) -> tuple[Speaker, ...]:
        """Those of all servers, also of those that are away."""
        return self._condition.speakers

    @property
    def health(self) -> EngineHealth:
        """See WatchedEngine."""
        return self._condition.health.now

    @property
    def tended(self) -> bool:
        """See TendedEngine."""
        return self._watch.goes_on

    def listen(self, listener: Callable[[EngineHealth], None]) -> Callable[[], None]:
        """See WatchedEngine."""
        return self._condition.health.listen(listener)

    async def settled(self) -> EngineHealth:
        """See WatchedEngine."""
        return await self._condition.health.settled()

    async def start(self) -> None:
        """Look at all servers, and wait a moment for their answers. Raises nothing: `health` tells."""
        await self._recall()
        await self._watch.start(min(START_S, self._settings.connect_timeout_s))

    async def stop(self) -> None:
        """Leave all servers."""
        await self._watch.stop()
        for member in self._members:
            await member.server.close()
            member.forget()
        self._condition.leave()

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """The sound of the first server that gives any; a failure after that is an EngineError in mid-stream."""
        await self._seek(sentence)
        settings = self._settings
        whole_s = settings.first_sound_timeout_s + settings.chunk_timeout_s + SLOWEST_TIMES * longest_s(sentence)
        patience = Patience(settings.first_sound_timeout_s, settings.chunk_timeout_s, whole_s)
        async with Race(self._choosing, sentence, partial(self._fits, sentence), patience) as race:
            attempt = await self._won(race)
            try:
                async with aclosing(attempt.chunks()) as sound:
                    async for chunk in sound:
                        yield chunk
            except EXPECTED as error:
                fault = Fault.RUNAWAY if isinstance(error, RunawayError) else ""
                raise self._failure(attempt.member.fails(error, sentence.text), fault) from error

    async def _recall(self) -> None:
        """Know of servers that are away what they told last; who answers tells it anew."""
        known = await self._memory.recall()
        for member in self._members:
            member.learned = member.learned or known.get(member.address)
        self._condition.note(self._members, self._clones)

    async def _won(self, race: Race) -> Attempt:
        """The attempt that gave the first sound. Raises EngineError."""
        try:
            attempt = await race.winner()
        except BadRequestError as error:
            raise EngineError(f"The engine {self.name} cannot say that: {error}") from error
        if attempt is None:
            raise self._failure(
                "; ".join(dict.fromkeys(race.failures)) or "its servers are too busy, or just went away"
            )
        return attempt

    async def _seek(self, sentence: Sentence) -> None:
        """Raises EngineError where no server can be asked; those that were away are looked for again before that."""
        able = [member for member in self._members if self._able(sentence, member)]
        if not able:
            raise EngineError(f"The engine {self.name} has no speaker {sentence.voice.speaker[:SHOWN_CHARS]}")
        if all(member.away for member in able):
            await self._watch.look_again(able, SEEK_S)
        if all(member.away for member in able):
            raise self._absence(able)
        self._check_prepared(sentence, [member for member in able if not member.away])

    def _able(self, sentence: Sentence, member: Member) -> bool:
        """Whether that server is one for it, as far as is known."""
        return member.has(sentence.voice.speaker)

    def _fits(self, sentence: Sentence, member: Member) -> bool:
        """Whether that server can be asked for it now."""
        return self._able(sentence, member)

    def _check_prepared(self, sentence: Sentence, there: Sequence[Member]) -> None:
        """Raises EngineError where none of them can be asked for it yet."""

    async def _note_answer(self, member: Member, *, anew: bool) -> None:
        await self._memory.keep({each.address: each.learned for each in self._members if each.learned})
        await self._greet(member, anew=anew)

    async def _greet(self, member: Member, *, anew: bool) -> None:
        """A server has just answered a probe; `anew` where it was away before."""

    def _note(self, _: Member) -> None:
        """Something has changed with a server."""
        self._choosing.note_change()
        self._condition.note(self._members, self._clones)

    def _absence(self, members: Sequence[Member]) -> EngineError:
        """None of them is there."""
        reasons = (member.reason or f"{member.address} was not heard of yet" for member in members)
        return self._failure("; ".join(reasons), Fault.LOADING)

    def _failure(self, reason: str, fault: str = "") -> EngineError:
        return EngineError(f"The engine {self.name} failed: {reason}", fault)
