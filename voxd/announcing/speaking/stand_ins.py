"""Who spoke in place of somebody else, and what the owner reads of it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from voxd.lib.logs import Sparing
from voxd.model.identifiers import VoiceId

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StandIn:
    """Who speaks in place of the voice that was asked for, and why."""

    voice: VoiceId
    reason: str


class StandIns:
    """Tells the owner when a voice is stood in for, once until that changes, and when it speaks again."""

    def __init__(self) -> None:
        self._known: dict[VoiceId, StandIn] = {}
        self._warnings = Sparing(log)

    @property
    def now(self) -> dict[VoiceId, StandIn]:
        """The voices that others spoke for when they were asked for last."""
        return dict(self._known)

    def note(self, voice: VoiceId, stand_in: StandIn | None) -> None:
        """A text for that voice was spoken by the stand-in, or by itself."""
        if stand_in is None:
            if self._known.pop(voice, None):
                log.info("The voice %s speaks again", voice)
        elif self._known.get(voice) != stand_in:
            self._known[voice] = stand_in
            self._warnings.warning("The voice %s speaks in place of %s: %s", stand_in.voice, voice, stand_in.reason)

    def forget(self, voices: Iterable[VoiceId]) -> None:
        """What was in the way of these voices is over; whether they speak shows when they are asked for."""
        for voice in voices:
            self._known.pop(voice, None)
