"""An announcement and the states of its life."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId, new_announcement_id

EVERYWHERE = ZoneId("*")
"""Stands for every zone of the house."""


class Priority(IntEnum):
    """How urgent an announcement is; a higher one is spoken first."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    ALARM = 3


class State(StrEnum):
    """Where an announcement is in its life; the words of events, logs and journal."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    SYNTHESIZING = "synthesizing"
    PLAYING = "playing"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    REPLACED = "replaced"
    COALESCED = "coalesced"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def is_end(self) -> bool:
        """Whether nothing more will happen to the announcement."""
        return self not in (State.ACCEPTED, State.QUEUED, State.SYNTHESIZING, State.PLAYING)


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something to be said in the house: what, where, in which voice, and how urgently.

    `zones` empty means the owner's default zones; `volume` is in percent (0-100); `rate` is a factor on the
    voice's speed (0.5-2.0); `ttl_s` counts from `received_at` (seconds since the epoch); `chime` names a
    chime, `False` asks for none and `None` leaves it to the owner; `source` says which door it came by, and
    `transaction` is what that door needs to answer whoever asked, also after a restart.
    `replaces` names what it is about: an older one of that name, or with that id, that is not over gives way to it.
    `repeat_s` and `repeat_max` are how often an alarm is repeated until it is acknowledged; None: as the owner has it.
    `recording` names a sound that was taken over and is played in place of speech; the text is what is shown of it.
    A `siren` is the chime alone, again and again until its time to live is over; the text is what is shown of it.
    """

    text: str
    zones: tuple[ZoneId, ...] = ()
    voice: VoiceId | None = None
    language: str | None = None
    volume: int | None = None
    rate: float | None = None
    priority: Priority = Priority.NORMAL
    ttl_s: float | None = None
    chime: str | bool | None = None
    replaces: str | None = None
    repeat_s: float | None = None
    repeat_max: int | None = None
    recording: str | None = None
    siren: bool = False
    id: AnnouncementId = field(default_factory=new_announcement_id)
    transaction: str | None = None
    source: str = ""
    received_at: float = 0.0
