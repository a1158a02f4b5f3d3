"""What looks after an engine's servers: a probe now and then, sooner where one failed."""

import asyncio
import logging
import random
from collections.abc import Coroutine, Iterable, Sequence
from typing import Protocol

from voxd.lib.backoff import Backoff
from voxd.synthesis.engines.remote.failures import as_expected
from voxd.synthesis.engines.remote.member import Member

log = logging.getLogger(__name__)

PROBE_TIMEOUT_S = 10.0
FRESH_S = 0.5
"""What was found out in the last moment is still so."""
HANGS_S = 0.4
"""Who takes longer to a look is not waited for by sentences while it is away: each of them would wait."""
SOON_S = 1.0
"""After a failure a server is looked at again so soon, then less and less often."""


class Greet(Protocol):
    """Called for a server that is there; `anew` where it was away since it was called last."""

    async def __call__(self, member: Member, *, anew: bool) -> None:
        """Do what is due there."""


class Watch:
    """A loop for each server, from `start` to `stop`. A server that speaks just now is not probed: that tells more."""

    def __init__(self, members: Sequence[Member], probe_s: float, greet: Greet) -> None:
        self._members = members
        self._probe_s = probe_s
        self._greet = greet
        self._loops: list[asyncio.Task[None]] = []

    @property
    def goes_on(self) -> bool:
        """Whether all of them are looked after."""
        return not any(loop.done() for loop in self._loops)

    async def start(self, patience_s: float) -> None:
        """Begin; each was looked at once when this returns, unless that takes longer than `patience_s`."""
        for member in self._members:
            loop = asyncio.create_task(self._look_after(member), name=f"watch over {member.address}")
            loop.add_done_callback(_tell_bug)
            self._loops.append(loop)
        await _all_within((member.looked.wait() for member in self._members), patience_s)

    async def stop(self) -> None:
        """Look after them no more."""
        loops, self._loops = self._loops, []
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)

    async def look_again(self, members: Sequence[Member], patience_s: float) -> None:
        """Look now whether one of those answers again; no longer than `patience_s`, and at none that hangs."""
        now = asyncio.get_running_loop().time()
        stale = [member for member in members if now - member.looked_at >= FRESH_S and not member.hangs]
        await _all_within((self._look(member) for member in stale), patience_s)

    async def _look_after(self, member: Member) -> None:
        backoff = Backoff(min(SOON_S, self._probe_s), self._probe_s)
        while True:
            if member.away or not member.speaking:
                await self._look(member)
            if member.away:
                await asyncio.sleep(backoff.next_s())
                continue
            backoff.reset()
            await self._greet_there(member)
            if await _set_within(member.doubted, self._probe_s * random.uniform(0.75, 1.0)):  # noqa: S311 - no secret
                await asyncio.sleep(backoff.next_s())

    async def _greet_there(self, member: Member) -> None:
        anew, member.anew = member.anew, False
        await self._greet(member, anew=anew)

    async def _look(self, member: Member) -> None:
        member.doubted.clear()
        began_at = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                learned = await member.server.learn()
        except Exception as error:  # nothing that a server answers may end the watch over it
            member.is_silent(as_expected(member.address, error))
        else:
            member.anew = member.anew or member.away
            member.answers(learned)
        finally:
            member.hangs = asyncio.get_running_loop().time() - began_at > HANGS_S
        member.looked_at = asyncio.get_running_loop().time()
        member.looked.set()


async def _all_within(waits: Iterable[Coroutine[object, object, object]], seconds: float) -> None:
    """Wait for all of them, at most so long; what has not ended is cancelled."""
    tasks = [asyncio.create_task(wait, name="look at a speech server") for wait in waits]
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


def _tell_bug(loop: asyncio.Task[None]) -> None:
    if not loop.cancelled() and (bug := loop.exception()) is not None:
        log.error("A speech server is no longer looked after", exc_info=bug)
