"""What the journal holds of an announcement, and how that becomes a row and back."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field

from voxd.lib.clock import Moment
from voxd.model.announcement import EVERYWHERE, Announcement, Priority, State
from voxd.model.identifiers import AnnouncementId, ZoneId

LAST_HEARD_OF = 50
"""Among so many that were taken over last, the one heard last is looked for: urgent ones overtake others."""
UNREADABLE = "Its row in the journal cannot be read"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An announcement that an earlier run took over and did not end.

    It counts the sentences that were heard, how often it began to sound and never ended (`starts`), and how often it
    was taken in hand, whether it sounded or not (`tries`). `heard` is the part of it that was heard, from 0 to 1,
    `repeats` how often an alarm was heard, `age_s` how long ago it was taken over, whatever the clock was set to since.
    """

    announcement: Announcement
    sentences_heard: int
    starts: int
    state: State = State.QUEUED
    heard: float = 0.0
    repeats: int = 0
    age_s: float = 0.0
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """What became of an announcement until now.

    `heard` is the part of it that was heard, from 0 to 1; `repeats` counts how often an alarm was heard; `outcome`
    holds what is known of how it was spoken: timings in ms, engine, voice, cached, fallback. `starts`: it begins to
    sound.
    """

    id: AnnouncementId
    state: State
    reason: str = ""
    sentences_heard: int = 0
    heard: float = 0.0
    repeats: int = 0
    outcome: Mapping[str, object] = field(default_factory=dict)
    starts: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """An announcement of the history, and what became of it. `at` is when that was, in seconds since the epoch."""

    announcement: Announcement
    state: State
    reason: str
    at: float
    outcome: Mapping[str, object]


def row(announcement: Announcement, zones: Iterable[ZoneId], now: Moment) -> dict[str, object]:
    """The values of ADD_SQL."""
    return {
        "id": announcement.id,
        "source": announcement.source,
        "received_at": announcement.received_at,
        "priority": int(announcement.priority),
        "content": json.dumps(asdict(announcement), ensure_ascii=False),
        "zones": json.dumps(list(zones)),
        **asdict(now),
    }


def unfinished(found: sqlite3.Row, now: Moment) -> Unfinished:
    """The announcement of a row that ADD_SQL wrote. Raises ValueError, TypeError or KeyError where it is broken."""
    accepted = Moment(found["received_at"], found["boot"], found["boottime_s"])
    return Unfinished(
        announcement_in(found["content"]),
        found["sentences_heard"],
        found["starts"],
        State(found["state"]),
        found["heard"],
        found["repeats"],
        accepted.age_s(now),
        found["tries"],
    )


def past(found: sqlite3.Row) -> Past:
    """A row of any state. What was refused, or cannot be read, has no more than a text."""
    state = State(found["state"])
    try:
        announcement = announcement_in(found["content"])
        outcome = json.loads(found["outcome"])
    except (ValueError, TypeError, KeyError):
        id_, text, at = AnnouncementId(found["id"]), str(found["content"]), found["received_at"]
        announcement, outcome = Announcement(text, id=id_, source=found["source"], received_at=at), {}
    return Past(announcement, state, found["reason"], found["updated_at"], outcome)


def last_heard(found: Iterable[sqlite3.Row], zones: Collection[ZoneId], now: Moment) -> Past | None:
    """What was heard last in one of the zones, in any where none is named, of rows of HEARD_SQL."""
    there = []
    for row_ in found:
        if _was_in(row_["zones"], zones) and not past(row_).announcement.siren:
            there.append(row_)
        if len(there) == LAST_HEARD_OF:
            break
    return past(min(there, key=lambda row_: _ended(row_).age_s(now))) if there else None


def _ended(found: sqlite3.Row) -> Moment:
    return Moment(found["updated_at"], found["updated_boot"], found["updated_boottime_s"])


def _was_in(kept: str, zones: Collection[ZoneId]) -> bool:
    """Whether it was heard in one of the zones; where that was not kept it may have been anywhere."""
    heard_in = json.loads(kept) if kept else []
    return not zones or not heard_in or EVERYWHERE in heard_in or not set(zones).isdisjoint(heard_in)


def announcement_in(content: str) -> Announcement:
    """The announcement of a row's content. Raises ValueError, TypeError or KeyError where it is broken."""
    values = json.loads(content)
    values["zones"] = tuple(ZoneId(zone) for zone in values["zones"])
    values["priority"] = Priority(values["priority"])
    return Announcement(**values)
