"""Outputs that play one sound in step: when it begins, how late each of them is, and by how much each waits."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Protocol, runtime_checkable

from voxd.model.audio import Chunk

log = logging.getLogger(__name__)

PATIENCE_S = 1.0
"""So long the first that is ready waits for the others; who is later than that begins when it can."""
TOLERANCE_S = 0.008
"""Two outputs that are this close are in step: nobody hears it, and nothing is put into their silences.

Where a device takes its sound in large steps (40 ms), nobody can tell its place better than to 6 ms.
"""
LEFT_BEHIND_S = 1.0
"""For an output that is further behind (its device was lost and came back) the others do not wait."""


@runtime_checkable
class StepKeeper(Protocol):
    """An output that knows when its sound is heard, and so can play in step with others of this machine."""

    name: str

    async def play_in_step(self, sound: AsyncIterator[Chunk], ensemble: "Ensemble") -> None:
        """Like `Output.play`, and in step with all others that are given the same sound and this ensemble.

        It takes its part at once, and gives it back when it ends, however it ends.
        """


class Ensemble:
    """What those share who play one sound together: made for one sound and for so many players.

    They wait for one another before its first frame, for a second at most: a slow or dead one is left behind. Where
    they drifted apart on their own clocks, those ahead wait in the silence between two sentences. All moments are
    seconds of CLOCK_MONOTONIC, which all processes of a machine share.
    """

    def __init__(self, players: int, patience_s: float = PATIENCE_S) -> None:
        self._players, self._patience_s = players, patience_s
        self._ready = asyncio.Event()
        self._agreed: float | None = None
        self._parts: list[Part] = []
        self._widest_ms = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator["Part"]:
        """One player's part, for as long as it plays."""
        part = Part(name, self)
        self._parts.append(part)
        try:
            yield part
        finally:
            part.leave()

    @property
    def offsets_ms(self) -> Mapping[str, float]:
        """By how much each was behind the first of them when this was last known; empty before that."""
        began = {part.name: part.began for part in self._parts if part.began is not None}
        first = min(began.values(), default=0.0)
        return {name: round((at - first) * 1000, 1) for name, at in began.items()}

    @property
    def apart_ms(self) -> float | None:
        """The widest that two of them were apart, before those ahead waited; None where fewer than two could tell."""
        offsets = self.offsets_ms
        return max(self._widest_ms, *offsets.values()) if len(offsets) > 1 else None

    def note_apart(self) -> None:
        """A sentence is over, and those ahead may wait now."""
        self._widest_ms = max(self._widest_ms, *self.offsets_ms.values(), 0.0)

    async def agree(self, lead_s: float) -> float:
        """The moment of the first frame, for one that needs so long from the agreement to its first frame."""
        if self._agreed is not None:
            return max(self._agreed, time.monotonic() + lead_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(
                self._patience_s
            ):  # wait_for would lose a cancellation that comes with the event
                await self._ready.wait()
        self._ready.set()
        if self._agreed is None:
            self._agreed = time.monotonic() + max(part.lead_s or 0.0 for part in self._parts)
        return self._agreed

    def look(self) -> None:
        """Wait no more if all are ready or gone."""
        if sum(part.left or part.lead_s is not None for part in self._parts) >= self._players:
            self._ready.set()

    def postpone(self, beginning: float) -> float:
        """When the sound, having run dry, would have begun: as agreed, or later if somebody cannot."""
        self._agreed = max(beginning, self._agreed or beginning)
        return self._agreed

    @property
    def latest(self) -> float | None:
        """The beginning of the latest that was not left behind."""
        began = [part.began for part in self._parts if part.began is not None and not part.left]
        return max((at for at in began if at - min(began) < LEFT_BEHIND_S), default=None)


class Part:
    """One player's part.

    A beginning is the moment at which its first frame was heard, or would have been, had it always been where it is.
    """

    def __init__(self, name: str, ensemble: Ensemble) -> None:
        self.name = name
        self.began: float | None = None
        self.left = False
        self.lead_s: float | None = None
        self._ensemble = ensemble

    async def start(self, lead_s: float) -> float:
        """Wait until the others are ready too; the moment at which the first frame is to be heard.

        `lead_s` is what this player needs from now to its first frame.
        """
        self.lead_s = lead_s
        self._ensemble.look()
        return await self._ensemble.agree(lead_s)

    def resume(self, position_s: float, lead_s: float) -> float:
        """The sound ran dry and goes on here: the moment at which this position of it is to be heard."""
        return self._ensemble.postpone(time.monotonic() + lead_s - position_s) + position_s

    def note(self, began: float | None) -> None:
        """The beginning as it is measured now; None while it is not known."""
        self.began = began

    def wait_s(self, seam_s: float) -> float:
        """By how much the silence of `seam_s` that comes now is to be longer; negative if shorter, never by half."""
        latest = self._ensemble.latest
        self._ensemble.note_apart()
        if self.began is None or latest is None or abs(latest - self.began) <= TOLERANCE_S:
            return 0.0
        log.debug("Before the others by %.1f ms: %s", (latest - self.began) * 1000, self.name)
        return max(latest - self.began, -seam_s / 2)

    def leave(self) -> None:
        """It plays no more; nobody waits for it."""
        if not self.left:
            self.left = True
            self._ensemble.look()
