"""A playback: the act that is a recording, which nobody has to speak."""

from collections.abc import AsyncGenerator

from voxd.announcing.speaking.stand_ins import StandIn
from voxd.model.audio import Chunk, Clip
from voxd.model.voice import Voice


class Playback:
    """Heard as it is, but for its gain; see Act."""

    voice: Voice | None = None
    stand_in: StandIn | None = None
    engine = ""
    cached = True

    def __init__(self, sound: Clip, gain_db: float) -> None:
        self._sound = sound
        self.gain_db = gain_db

    def hold(self) -> None:
        """See Act."""

    def let_go(self) -> None:
        """See Act."""

    def caught_up(self) -> None:
        """See Act."""

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """See Act."""
        yield self._sound
