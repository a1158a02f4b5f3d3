"""A playback: the act that is a recording, which nobody has to speak."""

from collections.abc import AsyncGenerator

from voxd.announcing.speaking.stand_ins import StandIn
from voxd.model.audio import Chunk, Clip
from voxd.model.voice import Voice

WHOLE_MAX_S, PIECE_S = 10.0, 1.0
"""A longer recording is given in pieces of that length: what is done to a sound on its way holds up nobody else."""


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
        sound = self._sound
        if sound.duration_s <= WHOLE_MAX_S:
            yield sound
            return
        size = round(PIECE_S * sound.format.rate_hz) * sound.format.frame_bytes
        for at in range(0, len(sound.pcm), size):
            yield Chunk(sound.format, sound.pcm[at : at + size])
