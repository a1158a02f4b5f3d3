"""What can be read of a damaged journal, row by row."""

from collections.abc import Iterator
from pathlib import Path

from voxd.announcing.journal_schema import ALL_COLUMNS, FIRST_COLUMNS
from voxd.lib.sqlite_pages import Pages, Row, Value
from voxd.lib.sqlite_wal import Log
from voxd.model.announcement import State

_DEFAULTS: dict[str, Value] = {
    "outcome": "{}",
    "heard": 0.0,
    "repeats": 0,
    "boottime_s": 0.0,
    "updated_boottime_s": 0.0,
}
_NUMBERS = frozenset(
    (
        *("received_at", "updated_at", "priority", "sentences_heard", "starts"),
        *("heard", "repeats", "boottime_s", "updated_boottime_s"),
    )
)


def salvaged(file: Path, log: Log) -> Iterator[dict[str, Value]]:
    """The values of RESTORE_SQL for every row that is whole, in no order; some are older states of others.

    Raises OSError.
    """
    with Pages(file, {frame.page: frame.content for frame in log.frames}) as pages:
        for row in pages.rows():
            if (values := _values(row)) is not None:
                yield values


def _values(row: Row) -> dict[str, Value] | None:
    """A row of the journal's table, of any version; None for what is none."""
    if len(row.values) < FIRST_COLUMNS:
        return None
    values = dict.fromkeys(ALL_COLUMNS, "") | _DEFAULTS | dict(zip(ALL_COLUMNS, row.values, strict=False))
    values["seq"] = row.rowid
    return values if all(_fits(name, value) for name, value in values.items()) and values["id"] else None


def _fits(name: str, value: Value) -> bool:
    if name == "seq":
        return isinstance(value, int) and 0 < value < 2**62
    if name in _NUMBERS:
        return isinstance(value, int | float)
    if name == "state":
        return value in tuple(State)
    return isinstance(value, str)
