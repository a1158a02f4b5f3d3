"""What happens to announcements, told to whoever listens, and where the house stands."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from voxd.model.announcement import Priority, State
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the life of one announcement. `at` is in seconds since the epoch.

    `reason` is a sentence for the owner where the state needs one; `timings_ms` holds, as far as they are
    known, `queued` (acceptance to start), `first_audio` (start to the first chunk at the output) and `total`.
    `spoken_by` is the voice that was heard in place of `voice`, `fallback_reason` a sentence on why.
    """

    announcement: AnnouncementId
    state: State
    at: float
    source: str = ""
    reason: str = ""
    priority: Priority = Priority.NORMAL
    zones: tuple[ZoneId, ...] = ()
    voice: VoiceId | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    spoken_by: VoiceId | None = None
    fallback_reason: str = ""


@dataclass(frozen=True, slots=True)
class HouseState:
    """What is being said now, and how many announcements wait."""

    playing: tuple[AnnouncementId, ...] = ()
    waiting: int = 0


Listener = Callable[[Step], None]


class Progress:
    """Tells every listener of every step, in the order they subscribed; they must not block."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every step from now on; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, step: Step) -> None:
        """Tell everybody; one listener's bug is logged and harms no other."""
        for listener in tuple(self._listeners):
            try:
                listener(step)
            except Exception:  # shields one listener from another
                log.exception("A listener failed on a step of an announcement")
