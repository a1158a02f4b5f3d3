"""A siren: the act that is a tone without words, again and again until its time is over."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from voxd.announcing.speaking.stand_ins import StandIn
from voxd.model.audio import Chunk
from voxd.model.voice import Voice

PIECE_S = 0.25
AHEAD_S = 1.0
"""No output is given more before its time: whoever keeps it on the way would be heard after the end."""


class Siren:
    """The end of the tone is followed by its beginning without a seam; see Act.

    It ends early, within a piece, as soon as it `is_wanted` no more.
    """

    voice: Voice | None = None
    stand_in: StandIn | None = None
    engine = ""
    cached = True

    def __init__(self, tone: Chunk, lasts_s: float, gain_db: float, is_wanted: Callable[[], bool]) -> None:
        self._tone = tone
        self._lasts_s = lasts_s
        self.gain_db = gain_db
        self._is_wanted = is_wanted

    def hold(self) -> None:
        """See Act."""

    def let_go(self) -> None:
        """See Act."""

    def caught_up(self) -> None:
        """See Act."""

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """See Act."""
        format_, tone = self._tone.format, self._tone.pcm
        piece = max(1, round(PIECE_S * format_.rate_hz)) * format_.frame_bytes
        left = max(1, round(self._lasts_s * format_.rate_hz)) * format_.frame_bytes
        loop, at, due = asyncio.get_running_loop(), 0, 0.0
        begun = loop.time()
        while left > 0 and (due == 0.0 or self._is_wanted()):
            await asyncio.sleep(begun + due - AHEAD_S - loop.time())
            given = tone[at : at + min(piece, left)]
            yield Chunk(format_, given)
            left, due = left - len(given), due + len(given) / format_.bytes_per_s
            at = (at + len(given)) % len(tone)
