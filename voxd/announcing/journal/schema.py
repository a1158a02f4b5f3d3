"""The journal's table, the statements on it, and how tables of earlier versions are brought to this one."""

import sqlite3

VERSION = 3
"""Kept in the file as user_version; 0 is the table of voxd's first release."""
UNDER_WAY = "('accepted', 'queued', 'synthesizing', 'playing')"


def _rank(table: str) -> str:
    return f"CASE WHEN {table}.state = 'refused' THEN 0 WHEN {table}.state IN {UNDER_WAY} THEN 1 ELSE 2 END"


PRAGMAS_SQL = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 100;
PRAGMA journal_size_limit = 4194304;
PRAGMA secure_delete = ON;
PRAGMA cache_size = -64;
"""
"""The cache is small (in KiB), and emptied after each commit, so that damage to the file is noticed soon."""

SCHEMA_SQL = """
CREATE TABLE announcements (
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
CREATE INDEX announcements_by_state ON announcements (state, seq);
"""

TO_VERSION_2_SQL = """
ALTER TABLE announcements ADD COLUMN zones TEXT NOT NULL DEFAULT '';
ALTER TABLE announcements ADD COLUMN heard REAL NOT NULL DEFAULT 0;
ALTER TABLE announcements ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0;
ALTER TABLE announcements ADD COLUMN outcome TEXT NOT NULL DEFAULT '{}';
ALTER TABLE announcements ADD COLUMN boot TEXT NOT NULL DEFAULT '';
ALTER TABLE announcements ADD COLUMN boottime_s REAL NOT NULL DEFAULT 0;
ALTER TABLE announcements ADD COLUMN updated_boot TEXT NOT NULL DEFAULT '';
ALTER TABLE announcements ADD COLUMN updated_boottime_s REAL NOT NULL DEFAULT 0;
ALTER TABLE announcements ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
"""

TO_VERSION_3_SQL = """
CREATE TABLE notebook (held INTEGER NOT NULL);
INSERT INTO notebook VALUES (-1);
"""
"""The number of the last note of the notebook that the file holds; -1 where that is not known."""

HELD_SQL = """
SELECT held FROM notebook
"""

HOLD_SQL = """
UPDATE notebook SET held = :number
"""

ADD_SQL = """
INSERT INTO announcements (
    id, source, received_at, updated_at, state, priority, content, zones,
    boot, boottime_s, updated_boot, updated_boottime_s
)
VALUES (
    :id, :source, :received_at, :wall_s, 'accepted', :priority, :content, :zones,
    :boot, :boottime_s, :boot, :boottime_s
)
ON CONFLICT (id) DO UPDATE SET
    source = excluded.source, received_at = excluded.received_at, updated_at = excluded.updated_at,
    state = 'accepted', reason = '', priority = excluded.priority, content = excluded.content, zones = excluded.zones,
    boot = excluded.boot, boottime_s = excluded.boottime_s,
    updated_boot = excluded.updated_boot, updated_boottime_s = excluded.updated_boottime_s
WHERE announcements.state = 'refused'
"""

REFUSE_SQL = """
INSERT INTO announcements (
    id, source, received_at, updated_at, state, reason, content,
    boot, boottime_s, updated_boot, updated_boottime_s
)
VALUES (
    :id, :source, :wall_s, :wall_s, 'refused', :reason, :content,
    :boot, :boottime_s, :boot, :boottime_s
)
ON CONFLICT (id) DO UPDATE SET
    reason = excluded.reason, updated_at = excluded.updated_at,
    updated_boot = excluded.updated_boot, updated_boottime_s = excluded.updated_boottime_s
WHERE announcements.state = 'refused'
"""

NOTE_SQL = f"""
UPDATE announcements SET
    state = :state, reason = :reason, updated_at = :wall_s, updated_boot = :boot, updated_boottime_s = :boottime_s,
    sentences_heard = CASE
        WHEN :repeats > repeats THEN :sentences_heard ELSE max(sentences_heard, :sentences_heard) END,
    heard = CASE WHEN :repeats > repeats THEN :heard ELSE max(heard, :heard) END,
    repeats = max(repeats, :repeats),
    starts = CASE WHEN :is_new_turn THEN :starts ELSE starts + :starts END,
    tries = CASE WHEN :is_new_turn THEN :tries ELSE tries + :tries END,
    outcome = CASE :outcome WHEN '{{}}' THEN outcome ELSE :outcome END
WHERE id = :id AND state IN {UNDER_WAY}
"""  # noqa: S608 - a constant

FORGET_SQL = f"""
DELETE FROM announcements WHERE seq IN (
    SELECT seq FROM announcements WHERE state NOT IN {UNDER_WAY} AND :history_s < CASE
        WHEN :boot <> '' AND updated_boot = :boot THEN :boottime_s - updated_boottime_s ELSE :wall_s - updated_at END
    ORDER BY seq LIMIT :at_once
)
"""  # noqa: S608 - a constant

FORGET_OLDEST_SQL = f"""
DELETE FROM announcements WHERE seq IN (
    SELECT seq FROM announcements WHERE seq <= :up_to AND state NOT IN {UNDER_WAY} ORDER BY seq LIMIT :at_once
)
"""  # noqa: S608 - a constant

SPAN_SQL = """
SELECT coalesce((SELECT min(seq) FROM announcements), 1), coalesce((SELECT max(seq) FROM announcements), 0)
"""

UNDO_SQL = """
DELETE FROM announcements WHERE id = :id AND state = 'accepted'
"""

FIRST_COLUMNS = 11
"""So many had the first release; each later version adds some at the end."""
ALL_COLUMNS = (
    *("seq", "id", "source", "received_at", "updated_at", "state", "reason", "priority", "sentences_heard", "starts"),
    *("content", "zones", "heard", "repeats", "outcome", "boot", "boottime_s", "updated_boot", "updated_boottime_s"),
    "tries",
)

RESTORE_SQL = f"""
INSERT INTO announcements ({", ".join(ALL_COLUMNS)}) VALUES ({", ".join(f":{name}" for name in ALL_COLUMNS)})
ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in ALL_COLUMNS[2:])}
WHERE {_rank("excluded")} > {_rank("announcements")}
    OR ({_rank("excluded")} = {_rank("announcements")} AND excluded.updated_at > announcements.updated_at)
"""  # noqa: S608 - constants
"""Of two states of one announcement the later one is kept: an end comes after everything, a refusal before."""

GIVE_UP_SQL = f"""
UPDATE announcements SET state = 'failed', reason = :reason WHERE state IN {UNDER_WAY}
"""  # noqa: S608 - a constant

WHOLE_SQL = """
SELECT * FROM announcements WHERE state IN ('accepted', 'queued', 'synthesizing', 'playing') ORDER BY seq
"""

_COLUMNS = """
id, source, received_at, updated_at, state, reason, content, sentences_heard, starts, tries, heard, repeats, outcome,
boot, boottime_s
"""

UNFINISHED_SQL = f"""
SELECT {_COLUMNS} FROM announcements WHERE state IN {UNDER_WAY} ORDER BY seq
"""  # noqa: S608 - constants

HISTORY_SQL = f"""
SELECT {_COLUMNS} FROM announcements ORDER BY seq DESC LIMIT :limit
"""  # noqa: S608 - a constant

IDS_SQL = """
SELECT id FROM announcements ORDER BY seq DESC LIMIT :limit
"""

HISTORY_OF_SQL = f"""
SELECT {_COLUMNS} FROM announcements WHERE state = :state ORDER BY seq DESC LIMIT :limit
"""  # noqa: S608 - a constant

FIND_SQL = f"""
SELECT {_COLUMNS} FROM announcements WHERE id = :id
"""  # noqa: S608 - a constant

HEARD_SQL = f"""
SELECT {_COLUMNS}, zones, updated_at, updated_boot, updated_boottime_s FROM announcements
WHERE state = 'finished' OR (heard > 0 AND state NOT IN {UNDER_WAY})
ORDER BY seq DESC LIMIT 10000
"""  # noqa: S608 - constants


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a file of any earlier version, or a new one, to this one, at once or not at all. Raises sqlite3.Error."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version >= VERSION:
        return
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'announcements'").fetchone()
    steps = ("" if known else SCHEMA_SQL, TO_VERSION_2_SQL if version < 2 else "", TO_VERSION_3_SQL)
    try:
        connection.executescript(f"BEGIN IMMEDIATE; {' '.join(steps)} PRAGMA user_version = {VERSION}; COMMIT;")
    except sqlite3.Error:
        roll_back(connection)
        raise


def roll_back(connection: sqlite3.Connection) -> None:
    """Undo what was begun, if anything was."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
