"""One of an engine's servers, with what is known of it."""

import asyncio
import math
from collections.abc import Callable

from voxd.synthesis.engines.remote.breaker import Breaker
from voxd.synthesis.engines.remote.discretion import Discretion
from voxd.synthesis.engines.remote.failures import is_unreachable, told
from voxd.synthesis.engines.remote.pace import Pace
from voxd.synthesis.engines.remote.server import Learned, SpeechServer


class Member:
    """`learned` is what it told last, None before that; `speaking` how many sentences it is asked for now.

    `changed` is called whenever it comes, goes, or tells something else of itself.
    """

    def __init__(self, server: SpeechServer, discretion: Discretion, changed: Callable[["Member"], None]) -> None:
        self.server = server
        self.address = server.address
        self.learned: Learned | None = None
        self.speaking = 0
        self.pace = Pace()
        self.doubted = asyncio.Event()
        """Set where it failed, or refused something: it is to be looked at soon."""
        self._discretion = discretion
        self._changed = changed
        self.forget()

    def forget(self) -> None:
        """Nobody looks after it any more; what it told of itself is kept."""
        self._breaker = Breaker()
        self.looked = asyncio.Event()
        """Set once somebody has looked whether it answers, the latest time at `looked_at`."""
        self.looked_at = -math.inf
        self.hangs = False
        """Whether the latest look took long, or was broken off for that."""
        self.anew = True
        """It was away since it was greeted last."""

    @property
    def away(self) -> bool:
        """Whether it is not to be asked now."""
        return self._breaker.open

    @property
    def reason(self) -> str:
        """Why it is away, for the owner; empty where it is not, or nobody has looked yet."""
        return self._breaker.reason

    @property
    def is_suspect(self) -> bool:
        """Whether its sentences failed though it was there, and none was spoken since."""
        return self._breaker.is_suspect

    def has(self, speaker: str) -> bool:
        """Whether that is one of its speakers, as far as it tells; what follows a `+` is a variant of one."""
        if not speaker or self.learned is None or not self.learned.speakers:
            return True
        names = {each.name for each in self.learned.speakers}
        return speaker in names or speaker.partition("+")[0] in names

    def told(self, error: Exception, text: str = "") -> str:
        """What went wrong with it, for the owner; the `text` that it was to say is not in there."""
        return self._discretion.hide(told(self.address, error), text)

    def answers(self, learned: Learned) -> None:
        """It answered a probe."""
        before = (self.away, self.learned)
        self.learned = learned
        self._breaker.answers()
        if before != (self.away, learned):
            self._changed(self)

    def is_silent(self, error: Exception) -> None:
        """It did not answer a probe."""
        before = (self.away, self.reason)
        self._breaker.is_silent(self.told(error), at_once=is_unreachable(error))
        if before != (self.away, self.reason):
            self._changed(self)

    def speaks(self, after_s: float) -> None:
        """It gave the first sound of a sentence."""
        before = self.away, self.is_suspect
        self.pace.note(after_s)
        self._breaker.speaks()
        if any(before):
            self._changed(self)

    def refuses(self) -> None:
        """It refused a sentence. That is no fault of its; but it may be another than we know, with another model."""
        self.doubted.set()

    def is_outrun(self, would_take_s: float) -> None:
        """Another server gave a sentence's first sound long before it, which would have taken so long, or no end."""
        self.pace.note(would_take_s)
        self.doubted.set()

    def fails(self, error: Exception, text: str = "") -> str:
        """It failed at a sentence of that text; what went wrong, for the owner."""
        was_away, reason = self.away, self.told(error, text)
        self._breaker.fails(reason, at_once=is_unreachable(error))
        self.doubted.set()
        if self.away and not was_away:
            self._changed(self)
        return reason
