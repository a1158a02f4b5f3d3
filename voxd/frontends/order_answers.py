"""What is told of orders and of the history, as objects for JSON."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from voxd.announcing.journal.rows import Past
from voxd.announcing.preferences import Choice
from voxd.announcing.progress import HouseState
from voxd.frontends.order_payloads import NO_CHIME, OWNERS
from voxd.model.announcement import Priority
from voxd.model.identifiers import AnnouncementId, ZoneId

Answer = dict[str, object]
LISTED_MAX = 255
"""So many voices, chimes and zones are told."""
TOLD_CHARS = 255
"""As long may the state of an entity be in Home Assistant."""


def done(ids: Sequence[AnnouncementId]) -> Answer:
    """Which announcements an order was about."""
    return {"ids": list(ids)}


def quiet(zones: Sequence[ZoneId], passes: Priority | None) -> Answer:
    """Where what is quiet from now on."""
    return {"zones": list(zones), "on": passes is not None, "passes": None if passes is None else passes.name.lower()}


def choice(chosen: Choice) -> Answer:
    """What holds from now on, null where that is what the owner's settings say."""
    told: Answer = {
        "voice": chosen.voice,
        "chime": None if chosen.chime is None else _chime(chosen.chime),
        "rate": chosen.rate,
        "volume": chosen.volume,
        "zones": list(chosen.zones),
    }
    named = chosen.named | ({"zones"} if "volume" in chosen.named else set())
    return {word: value for word, value in told.items() if word in named}


def history(found: Sequence[Past]) -> Answer:
    """What was announced, the newest first."""
    return {"announcements": [past(one) for one in found]}


def past(one: Past) -> Answer:
    """One announcement, and what became of it."""
    announcement = one.announcement
    return {
        "id": announcement.id,
        "text": announcement.text,
        "state": one.state,
        "reason": one.reason,
        "at": timestamp(one.at),
        "source": announcement.source,
        "priority": announcement.priority.name.lower(),
        "zones": list(announcement.zones),
        "voice": announcement.voice,
        "received_at": timestamp(announcement.received_at),
    } | dict(one.outcome)


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
        "voice": state.voice,
        "voices": _listed(state.voices, state.voice),
        "chime": _chime(state.chime),
        "chimes": _listed(state.chimes, state.chime or ""),
        "rate": state.rate,
        "volume": _first(state.volume),
        "siren": list(state.sirens[:LISTED_MAX]),
        "zones_playing": list(state.sounding[:LISTED_MAX]),
        "last_error": short(state.last_error),
        "first_audio_ms": state.first_audio_ms,
    }


def timestamp(at: float) -> str:
    """Seconds since the epoch, for people and programs."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _chime(chime: str | Literal[False] | None) -> str:
    return OWNERS if chime is None else chime or NO_CHIME


def _listed(names: Sequence[str], current: str) -> list[str]:
    """The names, as far as they may be told, what is current always among them."""
    told = list(names[:LISTED_MAX])
    if current and current not in told:
        told[LISTED_MAX - 1 :] = [current]
    return told


def _first(volume: Mapping[ZoneId, int]) -> Answer:
    return dict(list(volume.items())[:LISTED_MAX])


def short(sentence: str) -> str:
    """On one line, and no longer than a state may be."""
    line = " ".join(sentence.split())
    return line if len(line) <= TOLD_CHARS else f"{line[: TOLD_CHARS - 1]}…"
