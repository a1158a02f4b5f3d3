"""What can be read of a damaged journal, row by row."""

from collections.abc import Iterator
from pathlib import Path

from voxd.announcing.journal.rows import UNREADABLE, announcement_in
from voxd.announcing.journal.schema import ALL_COLUMNS, FIRST_COLUMNS
from voxd.lib.sqlite_pages import Pages, Row, Value
from voxd.lib.sqlite_wal import Log
from voxd.model.announcement import State

BY_STATE_COLUMNS = 3
"""Its two, and the rowid."""
ENDS = frozenset(state.value for state in State if state.is_end and state is not State.REFUSED)
_DEFAULTS: dict[str, Value] = {
    "outcome": "{}",
    "heard": 0.0,
    "repeats": 0,
    "tries": 0,
    "boottime_s": 0.0,
    "updated_boottime_s": 0.0,
}
_NUMBERS = frozenset(
    (
        *("received_at", "updated_at", "priority", "sentences_heard", "starts"),
        *("heard", "repeats", "boottime_s", "updated_boottime_s", "tries"),
    )
)


def salvaged(file: Path, log: Log) -> Iterator[dict[str, Value]]:
    """The values of RESTORE_SQL for every row that is whole, in no order; some are older states of others.

    Where the index by state says that something was over, it was, though the row that says so be lost. Raises OSError.
    """
    with Pages(file, {frame.page: frame.content for frame in log.frames}) as pages:
        over = {rowid: str(state) for state, rowid in _ends(pages)}
        for row in pages.rows():
            if (values := _values(row)) is not None:
                if (end := over.get(row.rowid)) and not State(str(values["state"])).is_end:
                    values |= {"state": end, "reason": "How it ended was lost with the damaged journal"}
                yield values


def _ends(pages: Pages) -> Iterator[tuple[Value, Value]]:
    """The states that are ends in the index by state, each with its row."""
    for entry in pages.entries():
        if len(entry) == BY_STATE_COLUMNS and entry[0] in ENDS:
            yield entry[0], entry[-1]


def _values(row: Row) -> dict[str, Value] | None:
    """A row of the journal's table, of any version; None for what is none."""
    if len(row.values) < FIRST_COLUMNS:
        return None
    values = dict.fromkeys(ALL_COLUMNS, "") | _DEFAULTS | dict(zip(ALL_COLUMNS, row.values, strict=False))
    values["seq"] = row.rowid
    if not values["id"] or not all(_fits(name, value) for name, value in values.items()):
        return None
    return values if State(str(values["state"])).is_end else _readable(values)


def _readable(values: dict[str, Value]) -> dict[str, Value]:
    """What is under way must be fit to be spoken; else it is over."""
    try:
        announcement_in(str(values["content"]))
    except (ValueError, TypeError, KeyError):
        return values | {"state": State.FAILED.value, "reason": UNREADABLE}
    return values


def _fits(name: str, value: Value) -> bool:
    if name == "seq":
        return isinstance(value, int) and 0 < value < 2**62
    if name in _NUMBERS:
        return isinstance(value, int | float)
    if name == "state":
        return value in tuple(State)
    return isinstance(value, str)
