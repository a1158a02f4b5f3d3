"""A sentence on its way to its first sound: one server is asked, and others where that fails or is late."""

import asyncio
from dataclasses import replace
from types import TracebackType

from voxd.errors import BadRequestError
from voxd.synthesis.engine import Sentence
from voxd.synthesis.engines.remote.attempt import Attempt, Patience
from voxd.synthesis.engines.remote.choosing import Choosing, Fits
from voxd.synthesis.engines.remote.failures import is_worth_repeating
from voxd.synthesis.engines.remote.member import Member

LATE_TIMES = 3.0
LATE_MIN_S, LATE_MAX_S, LATE_UNKNOWN_S = 0.3, 10.0, 3.0
"""A server that has given no sound for three times what is usual, within these bounds, is not relied upon any more."""
LOST_TIMES = 2
"""How long it would have taken is not known then: as a guess, twice what it has had."""
REPEAT_AFTER_S = 0.1


class Race:
    """Whoever gives the first sound speaks the sentence, and the others are left. Nothing was heard before that.

    Where a server fails, another is asked, and the same one once more only if it may have dropped a kept connection.
    Where it is late, another that has nothing to do is asked beside it. `patience.first_s` bounds all of it. End it by
    leaving its context, which leaves all servers.
    """

    def __init__(self, choosing: Choosing, sentence: Sentence, fits: Fits, patience: Patience) -> None:
        self._choosing = choosing
        self._sentence = sentence
        self._fits = fits
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._due = 0.0
        self._running: list[Attempt] = []
        self._asked: list[Member] = []
        self._news = asyncio.Event()
        self.failures: list[str] = []

    async def __aenter__(self) -> "Race":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(attempt.end() for attempt in self._running))

    async def winner(self) -> Attempt | None:
        """Who speaks it; None where nobody can, `failures` tells why. Raises BadRequestError."""
        first = await self._choosing.turn(self._fits_still, self._patience.first_s)
        if first is None:
            return None
        self._due = self._loop.time() + self._patience.first_s
        self._begin(first)
        while self._running:
            self._news.clear()
            await self._wait()
            if (winner := next((each for each in self._running if each.sounded), None)) is not None:
                await self._leave_all_but(winner)
                return winner
            for attempt in [each for each in self._running if each.failure is not None]:
                await self._after(attempt)
            self._ask_beside()
        return None

    def _begin(self, member: Member) -> None:
        self._asked.append(member)
        patience = replace(self._patience, first_s=self._left_s())
        attempt = Attempt(member, self._sentence, patience, self._news.set)
        attempt.when_over(lambda: self._choosing.give_back(member))
        self._running.append(attempt)

    async def _wait(self) -> None:
        """Until something happened, or another server may be asked beside the latest."""
        late_s = self._late_s() - self._running[-1].elapsed_s
        try:
            async with asyncio.timeout(max(late_s, LATE_MIN_S)):
                await self._news.wait()
        except TimeoutError:
            return

    async def _after(self, failed: Attempt) -> None:
        """What follows a failure: another server, or the same one."""
        self._running.remove(failed)
        error = failed.failure
        assert error is not None
        if isinstance(error, BadRequestError):
            failed.member.refuses()
            raise BadRequestError(failed.member.told(error, self._sentence.text)) from error
        self.failures.append(failed.member.fails(error, self._sentence.text))
        if self._running or self._left_s() <= 0:
            return
        another = self._choosing.turn_now(self._fits_still)
        if another is None and is_worth_repeating(error) and self._asked.count(failed.member) == 1:
            await asyncio.sleep(REPEAT_AFTER_S)
            another = self._choosing.turn_at(failed.member)
        another = another or await self._choosing.turn(self._fits_still, self._left_s())
        if another is not None:
            self._begin(another)

    def _ask_beside(self) -> None:
        """Ask another server, too, where the latest of those asked is late and one has nothing to do."""
        if not self._running or self._running[-1].elapsed_s < self._late_s():
            return
        another = self._choosing.turn_now(lambda member: self._fits_still(member) and not member.speaking)
        if another is not None:
            self._begin(another)

    async def _leave_all_but(self, winner: Attempt) -> None:
        losers = [each for each in self._running if each is not winner]
        self._running = [winner]
        for loser in losers:
            if loser.elapsed_s > winner.elapsed_s:  # else it was hardly given the time
                loser.member.is_outrun(LOST_TIMES * loser.elapsed_s)
        await asyncio.gather(*(loser.end() for loser in losers))

    def _fits_still(self, member: Member) -> bool:
        return member not in self._asked and self._fits(member)

    def _late_s(self) -> float:
        usual_s = self._choosing.late_s()
        late_s = LATE_UNKNOWN_S if usual_s is None else min(LATE_MAX_S, max(LATE_MIN_S, LATE_TIMES * usual_s))
        return min(late_s, self._patience.first_s / 2)

    def _left_s(self) -> float:
        return self._due - self._loop.time()
