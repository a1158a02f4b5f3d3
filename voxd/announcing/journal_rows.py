"""The journal's table, and how an announcement becomes a row and back."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from voxd.model.announcement import Announcement, Priority, State
from voxd.model.identifiers import AnnouncementId, ZoneId

SCHEMA_SQL = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 100;
CREATE TABLE IF NOT EXISTS announcements (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    received_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    priority INTEGER NOT NULL DEFAULT 1,
    sentences_heard INTEGER NOT NULL DEFAULT 0,
    starts INTEGER NOT NULL DEFAULT 0,
    content TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS announcements_by_state ON announcements (state, seq);
"""

ADD_SQL = """
INSERT INTO announcements (id, source, received_at, updated_at, state, priority, content)
VALUES (?, ?, ?, ?, 'accepted', ?, ?)
ON CONFLICT (id) DO UPDATE SET
    source = excluded.source, received_at = excluded.received_at, updated_at = excluded.updated_at,
    state = 'accepted', reason = '', priority = excluded.priority, content = excluded.content
WHERE announcements.state = 'refused'
"""

REFUSE_SQL = """
INSERT INTO announcements (id, source, received_at, updated_at, state, reason, content)
VALUES (?, ?, ?, ?, 'refused', ?, ?)
ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, updated_at = excluded.updated_at
WHERE announcements.state = 'refused'
"""

NOTE_SQL = """
UPDATE announcements
SET state = ?1, reason = ?2, updated_at = ?3, sentences_heard = max(sentences_heard, ?4),
    starts = CASE ?1 WHEN 'queued' THEN 0 WHEN 'synthesizing' THEN starts + 1 ELSE starts END
WHERE id = ?5
"""

FORGET_SQL = """
DELETE FROM announcements
WHERE updated_at < ? AND state NOT IN ('accepted', 'queued', 'synthesizing', 'playing')
"""

UNFINISHED_SQL = """
SELECT id, content, sentences_heard, starts FROM announcements
WHERE state IN ('accepted', 'queued', 'synthesizing', 'playing') ORDER BY seq
"""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An announcement that an earlier run took over and did not end.

    It counts the sentences that were heard, and how often its performance was started and never ended. `heard` is the
    part of it that was heard, from 0 to 1, `repeats` how often an alarm was heard, `age_s` how long ago it was taken
    over, whatever the clock was set to since.
    """

    announcement: Announcement
    sentences_heard: int
    starts: int
    state: State = State.QUEUED
    heard: float = 0.0
    repeats: int = 0
    age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Note:
    """What became of an announcement until now.

    `heard` is the part of it that was heard, from 0 to 1; `repeats` counts how often an alarm was heard; `outcome`
    holds what is known of how it was spoken: timings in ms, engine, voice, cached, fallback.
    """

    id: AnnouncementId
    state: State
    reason: str = ""
    sentences_heard: int = 0
    heard: float = 0.0
    repeats: int = 0
    outcome: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Past:
    """An announcement of the history, and what became of it. `at` is when that was, in seconds since the epoch."""

    announcement: Announcement
    state: State
    reason: str
    at: float
    outcome: Mapping[str, object]


def row(announcement: Announcement) -> tuple[object, ...]:
    """The values of ADD_SQL."""
    content = json.dumps(asdict(announcement), ensure_ascii=False)
    received_at = announcement.received_at
    return (announcement.id, announcement.source, received_at, received_at, int(announcement.priority), content)


def stored(content: str, sentences_heard: int, starts: int) -> Unfinished:
    """The announcement of a row that ADD_SQL wrote."""
    values = json.loads(content)
    values["zones"] = tuple(ZoneId(zone) for zone in values["zones"])
    values["priority"] = Priority(values["priority"])
    return Unfinished(Announcement(**values), sentences_heard, starts)
