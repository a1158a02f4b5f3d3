"""What is told of orders and of the history, as objects for JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime

from voxd.announcing.journal.rows import Past
from voxd.announcing.progress import HouseState
from voxd.model.announcement import Priority
from voxd.model.identifiers import AnnouncementId, ZoneId

Answer = dict[str, object]


def done(ids: Sequence[AnnouncementId]) -> Answer:
    """Which announcements an order was about."""
    return {"ids": list(ids)}


def quiet(zones: Sequence[ZoneId], passes: Priority | None) -> Answer:
    """Where what is quiet from now on."""
    return {"zones": list(zones), "on": passes is not None, "passes": None if passes is None else passes.name.lower()}


def history(past: Sequence[Past]) -> Answer:
    """What was announced, the newest first."""
    return {"announcements": [_past(one) for one in past]}


def house(state: HouseState) -> Answer:
    """How the house stands."""
    return {
        "state": "speaking" if state.playing else "idle",
        "playing": list(state.playing),
        "waiting": state.waiting,
        "alarms": list(state.alarms),
        "paused": list(state.paused),
        "undisturbed": list(state.undisturbed),
        "lost": dict(state.lost),
        "fallbacks": {
            voice: {"spoken_by": stand_in.voice, "reason": stand_in.reason}
            for voice, stand_in in state.stand_ins.items()
        },
    }


def timestamp(at: float) -> str:
    """Seconds since the epoch, for people and programs."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _past(past: Past) -> Answer:
    announcement = past.announcement
    return {
        "id": announcement.id,
        "text": announcement.text,
        "state": past.state,
        "reason": past.reason,
        "at": timestamp(past.at),
        "source": announcement.source,
        "priority": announcement.priority.name.lower(),
        "zones": list(announcement.zones),
        "voice": announcement.voice,
        "received_at": timestamp(announcement.received_at),
    } | dict(past.outcome)
