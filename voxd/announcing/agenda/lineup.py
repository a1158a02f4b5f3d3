"""The lineup: the entries that wait, in the order of their turns."""

from bisect import bisect_left, insort
from collections.abc import Iterator

from voxd.announcing.agenda.entry import Entry, Rank
from voxd.announcing.agenda.timetable import Timetable
from voxd.model.announcement import Priority
from voxd.model.identifiers import AnnouncementId


class Lineup:
    """Finds, adds and removes in less than linear time (but for moving a list's tail); no two have the same rank.

    It keeps two timetables: `ends` of when they are over by themselves, `rests` of when they may begin at last.
    """

    def __init__(self) -> None:
        self.ends = Timetable()
        self.rests = Timetable()
        self._by_rank: list[Entry] = []
        self._by_id: dict[AnnouncementId, Entry] = {}

    def __len__(self) -> int:
        return len(self._by_rank)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._by_rank)

    def __getitem__(self, id_: AnnouncementId) -> Entry:
        return self._by_id[id_]

    def get(self, id_: AnnouncementId) -> Entry | None:
        """None where it does not wait."""
        return self._by_id.get(id_)

    def add(self, entry: Entry, ends_by: float | None) -> None:
        """Let it wait at its place, until `ends_by` at most."""
        insort(self._by_rank, entry, key=_rank)
        self._by_id[entry.id] = entry
        if entry.not_before > entry.accepted_at:
            self.rests.add(entry.id, entry.not_before)
        if ends_by is not None:
            self.ends.add(entry.id, ends_by)

    def remove(self, id_: AnnouncementId) -> Entry:
        """It waits no more."""
        entry = self._by_id.pop(id_)
        del self._by_rank[self._place(entry.rank)]
        self.rests.drop(id_)
        self.ends.drop(id_)
        return entry

    def yielding(self, priority: Priority) -> int:
        """How many of these would give way to one of that priority: none that is above it, and no alarm."""
        return len(self._by_rank) - self._first_yielding(priority)

    def first_to_yield(self, priority: Priority) -> Entry | None:
        """The oldest of the lowest priority, None where nobody would give way."""
        if not self.yielding(priority):
            return None
        lowest = self._by_rank[-1].priority
        return self._by_rank[self._first_yielding(lowest)]

    def _first_yielding(self, priority: Priority) -> int:
        return self._place((-min(priority, Priority.HIGH), False, 0))

    def _place(self, rank: Rank) -> int:
        return bisect_left(self._by_rank, rank, key=_rank)


def _rank(entry: Entry) -> Rank:
    return entry.rank
