"""A timetable: who has an appointment at which time."""

from bisect import bisect_left, insort

from voxd.model.identifiers import AnnouncementId


class Timetable:
    """One appointment for each announcement at most; times are monotonic seconds."""

    def __init__(self) -> None:
        self._at: dict[AnnouncementId, float] = {}
        self._in_order: list[tuple[float, AnnouncementId]] = []

    @property
    def first(self) -> float | None:
        """The time of the earliest one."""
        return self._in_order[0][0] if self._in_order else None

    def add(self, id_: AnnouncementId, at: float) -> None:
        """Make an appointment in place of the one it may have."""
        self.drop(id_)
        self._at[id_] = at
        insort(self._in_order, (at, id_))

    def drop(self, id_: AnnouncementId) -> None:
        """Forget its appointment, if it has one."""
        if (at := self._at.pop(id_, None)) is not None:
            del self._in_order[bisect_left(self._in_order, (at, id_))]

    def take_until(self, now: float) -> tuple[AnnouncementId, ...]:
        """Remove and give those whose time has come, the earliest first."""
        ids = []
        while self._in_order and self._in_order[0][0] <= now:
            id_ = self._in_order[0][1]
            self.drop(id_)
            ids.append(id_)
        return tuple(ids)
