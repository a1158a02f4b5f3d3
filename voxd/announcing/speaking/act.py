"""An act of a programme: a sentence that a voice speaks (a take), or a recording."""

from collections.abc import AsyncGenerator
from typing import Protocol

from voxd.announcing.speaking.stand_ins import StandIn
from voxd.model.audio import Chunk
from voxd.model.voice import Voice


class Act(Protocol):
    """Shared by all who hear it. Hold it to have it begun, let go of it afterwards.

    `gain_db` is what it is louder by than its voice, or than the file of a recording.
    """

    gain_db: float

    @property
    def voice(self) -> Voice | None:
        """Whose sound it is; None where that is nobody's, or not known yet."""

    @property
    def stand_in(self) -> StandIn | None:
        """Who speaks in place of the voice asked for, if anybody does."""

    @property
    def engine(self) -> str:
        """Who makes its sound; empty where nobody has to."""

    @property
    def cached(self) -> bool:
        """Whether no engine has to speak for it."""

    def hold(self) -> None:
        """Have it begun. Raises EngineError or BusyError where it cannot begin."""

    def let_go(self) -> None:
        """Hear no more of it."""

    def caught_up(self) -> object:
        """See that it can still be heard as it was begun. Raises VoxdError where it cannot."""

    def chunks(self) -> AsyncGenerator[Chunk, None]:
        """The sound for one listener, who holds it; at least one chunk, none empty. Raises VoxdError."""
