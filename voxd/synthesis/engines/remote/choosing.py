"""Which of an engine's servers is given a sentence."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from voxd.synthesis.engines.remote.member import Member

QUICK_S = 0.1
"""Servers that are quicker than this are equals."""
Fits = Callable[[Member], bool]


class Choosing:
    """Gives turns at servers that are believed to answer, at most `at_once` at each; give each turn back.

    The server with the least work is taken, equals in turn. Work is what it is asked for already and this sentence,
    counted by how many times its usual first sound takes longer than the quickest server's: one that is slow is given
    little, and all of it where it is alone. A quick one is waited for where that is sooner than asking a slow one.
    """

    def __init__(self, members: Sequence[Member], at_once: int) -> None:
        self._members = list(members)
        self._at_once = at_once
        self._changed = asyncio.Event()

    async def turn(self, fits: Fits, timeout_s: float) -> Member | None:
        """A turn as soon as there is one; None where no server that fits is believed to answer, or all stay busy."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while any(fits(member) and not member.away for member in self._members):
                    best = min(filter(fits, self._there()), key=self._work)
                    if best.speaking < self._at_once:
                        return self._taken(best)
                    await self._changed.wait()
        return None

    def turn_now(self, fits: Fits) -> Member | None:
        """A turn, if there is one at once."""
        free = [each for each in self._there() if each.speaking < self._at_once and fits(each)]
        return self._taken(min(free, key=self._work)) if free else None

    def turn_at(self, member: Member) -> Member:
        """A turn at that one, whatever is believed of it."""
        member.speaking += 1
        return member

    def give_back(self, member: Member) -> None:
        """A turn is over."""
        member.speaking -= 1
        self.note_change()

    def note_change(self) -> None:
        """Who waits looks again: a turn is over, or a server came or went."""
        self._changed.set()
        self._changed = asyncio.Event()

    def late_s(self) -> float | None:
        """What few sentences take longer than at the quickest server that answers; None where nothing is known."""
        known = (member.pace.late_s for member in self._there())
        return min((late_s for late_s in known if late_s is not None), default=None)

    def _taken(self, member: Member) -> Member:
        self._members.remove(member)
        self._members.append(member)  # min takes the first of equals: they take turns
        return self.turn_at(member)

    def _there(self) -> list[Member]:
        return [member for member in self._members if not member.away]

    def _work(self, member: Member) -> int:
        known = (each.pace.usual_s for each in self._there())
        quickest_s = max(QUICK_S, min((usual_s for usual_s in known if usual_s is not None), default=0.0))
        times = int((member.pace.usual_s or 0.0) / quickest_s)
        return (member.speaking + 1) * max(1, times)
