"""What happens to announcements, told to whoever listens, and where the house stands."""

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, ParamSpec

from voxd.announcing.speaking.stand_ins import StandIn
from voxd.model.announcement import Priority, State
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId

log = logging.getLogger(__name__)

EARLY_NOTICES_MAX = 10


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the life of one announcement. `at` is in seconds since the epoch.

    `reason` is a sentence for the owner where the state needs one; `timings_ms` holds, as far as they are
    known, `queued` (acceptance to start), `first_audio` (start to the first chunk at the output), `total`, and `apart`:
    by how much two outputs in step were apart at most, before those ahead waited.
    `spoken_by` is the voice that was heard in place of `voice`, `fallback_reason` a sentence on why; `engine` made the
    sound, and `cached` tells whether its first sentence came from the phrase cache.
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
    engine: str = ""
    cached: bool | None = None


@dataclass(frozen=True, slots=True)
class HouseState:
    """What is being said now, how many announcements wait, and which voices others speak for.

    `alarms` wait to be acknowledged; `paused` and `undisturbed` are zones, `lost` outputs with the reason. `voice`,
    `chime` (False: none; None: the owner's), `rate` and the `volume` of each zone in percent are what holds where an
    announcement is silent, `voices` and `chimes` are what it may be; in `sirens` a siren is on, in `sounding` something
    is heard now. `last_error` is a sentence, empty where nothing went wrong, `first_audio_ms` of what was heard last.
    """

    playing: tuple[AnnouncementId, ...] = ()
    waiting: int = 0
    stand_ins: Mapping[VoiceId, StandIn] = field(default_factory=dict)
    alarms: tuple[AnnouncementId, ...] = ()
    paused: tuple[ZoneId, ...] = ()
    undisturbed: tuple[ZoneId, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)
    voice: str = ""
    chime: str | Literal[False] | None = None
    rate: float = 1.0
    volume: Mapping[ZoneId, int] = field(default_factory=dict)
    voices: tuple[VoiceId, ...] = ()
    chimes: tuple[str, ...] = ()
    sirens: tuple[ZoneId, ...] = ()
    sounding: tuple[ZoneId, ...] = ()
    last_error: str = ""
    first_audio_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the owner should know that is no step of an announcement. `at` is in seconds since the epoch.

    `reason` is a sentence; `source` says which door it came by and `voice` which voice it is about, if any.
    """

    reason: str
    at: float
    source: str = ""
    voice: VoiceId | None = None


Listener = Callable[[Step], None]
NoticeListener = Callable[[Notice], None]
StateListener = Callable[[], None]
Told = ParamSpec("Told")


class Progress:
    """Tells every listener of every step, of every notice, and when the state of the house changes without a step.

    In the order they subscribed; they must not block.
    """

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._notice_listeners: list[NoticeListener] = []
        self._state_listeners: list[StateListener] = []
        self._early_notices: deque[Notice] = deque(maxlen=EARLY_NOTICES_MAX)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every step from now on; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def listen_to_notices(self, listener: NoticeListener) -> Callable[[], None]:
        """Call `listener` with every notice from now on; what is returned ends that.

        The first one is told, too, what was noticed before anybody listened: at the start, before the doors open.
        """
        self._notice_listeners.append(listener)
        early = tuple(self._early_notices)
        self._early_notices.clear()
        for notice in early:
            _tell([listener], notice)
        return lambda: self._notice_listeners.remove(listener)

    def listen_to_state(self, listener: StateListener) -> Callable[[], None]:
        """Call `listener` whenever the house may stand otherwise without a step; what is returned ends that."""
        self._state_listeners.append(listener)
        return lambda: self._state_listeners.remove(listener)

    def tell(self, step: Step) -> None:
        """Tell everybody; one listener's bug is logged and harms no other."""
        _tell(self._listeners, step)

    def warn(self, reason: str, source: str = "", voice: VoiceId | None = None) -> None:
        """Tell everybody of something the owner should know."""
        notice = Notice(reason, time.time(), source, voice)
        if not self._notice_listeners:
            self._early_notices.append(notice)
        _tell(self._notice_listeners, notice)

    def state_changed(self) -> None:
        """Tell everybody that the house may stand otherwise, without a step of an announcement."""
        _tell(self._state_listeners)


def _tell(listeners: list[Callable[Told, None]], *told: Told.args, **named: Told.kwargs) -> None:
    for listener in tuple(listeners):
        try:
            listener(*told, **named)
        except Exception:  # shields one listener from another
            log.exception("A listener failed on what it was told")
