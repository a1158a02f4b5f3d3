"""What the journal holds of announcements that are not over, once more in memory: damage to its file loses nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from voxd.announcing.journal.connection import Statement
from voxd.announcing.journal.notes import Jotting, merged
from voxd.announcing.journal.schema import NOTE_SQL


@dataclass(frozen=True, slots=True)
class _Kept:
    row: Statement
    noted: Jotting | None = None


class UnderWay:
    """Bounded by what the queue lets in."""

    def __init__(self) -> None:
        self._kept: dict[object, _Kept] = {}

    def committed(self, row: Statement) -> None:
        """A row was made."""
        self._kept[row[1]["id"]] = _Kept(row)

    def noted(self, jottings: Iterable[Jotting]) -> None:
        """Notes were written; what is over is not kept any more."""
        for jotting in jottings:
            id_ = jotting.note.id
            if jotting.note.state.is_end:
                self._kept.pop(id_, None)
            elif (kept := self._kept.get(id_)) is not None:
                self._kept[id_] = _Kept(kept.row, merged(kept.noted, jotting))

    def statements(self) -> list[Statement]:
        """What makes the rows again, as they are."""
        made = []
        for kept in self._kept.values():
            made.append(kept.row)
            if kept.noted is not None:
                made.append((NOTE_SQL, kept.noted.values()))
        return made

    def clear(self) -> None:
        """Begin anew."""
        self._kept.clear()

    def __contains__(self, id_: object) -> bool:
        return id_ in self._kept

    def __len__(self) -> int:
        return len(self._kept)
