"""The ledger: the entries that wait and those being spoken, kept in accord; nothing is in it twice or lost from it."""

from dataclasses import replace
from itertools import count

from voxd.announcing.agenda.acquaintance import Acquaintance
from voxd.announcing.agenda.effects import BreakOff, End
from voxd.announcing.agenda.entry import Entry
from voxd.announcing.agenda.lineup import Lineup
from voxd.announcing.agenda.rules.lifetime import ends_by
from voxd.announcing.agenda.stage import Stage
from voxd.announcing.selection import Selection
from voxd.model.announcement import State
from voxd.model.identifiers import AnnouncementId, ZoneId
from voxd.settings import AnnouncementSettings


class Ledger:
    """From `take_over` to `end` an announcement is in the lineup or on the stage. `settings` may be replaced."""

    def __init__(self, settings: AnnouncementSettings) -> None:
        self.settings = settings
        self.lineup = Lineup()
        self.stage = Stage()
        self.acquaintance = Acquaintance()
        self._arrivals = count(1)

    def get(self, id_: AnnouncementId) -> Entry | None:
        """None where it is not here."""
        if (waiting := self.lineup.get(id_)) is not None:
            return waiting
        spoken = self.stage.get(id_)
        return spoken.entry if spoken else None

    def selected(self, which: Selection) -> tuple[list[Entry], list[Entry]]:
        """Those that wait and those being spoken that an order is about."""
        waiting = [entry for entry in self.lineup if _is_selected(entry.id, entry.zones, which)]
        spoken = [one.entry for one in self.stage if _is_selected(one.entry.id, one.zones, which)]
        return waiting, spoken

    def take_over(self, entry: Entry) -> None:
        """A new one waits: at the end of those of its priority where it has no `arrival` yet."""
        entry = entry if entry.arrival else self._last(entry)
        self.acquaintance.meet(entry)
        self._line_up(entry)

    def begin(self, id_: AnnouncementId, zones: tuple[ZoneId, ...], now: float) -> Entry:
        """It is being spoken in these zones from now on."""
        entry = replace(self.lineup.remove(id_), zones=zones)
        self.stage.begin(entry, now)
        self.acquaintance.note_begun(id_, now)
        return entry

    def wait_again(self, entry: Entry, *, at_the_end: bool) -> Entry:
        """It has left the stage; it waits at its place, or after all of its priority."""
        entry = self._last(entry) if at_the_end else entry
        self._line_up(entry)
        return entry

    def change(self, entry: Entry) -> None:
        """Know something else of one that waits or is being spoken."""
        if self.lineup.get(entry.id) is None:
            self.stage.change(entry)
        else:
            self.lineup.remove(entry.id)
            self._line_up(entry)

    def end_waiting(self, id_: AnnouncementId, state: State, reason: str) -> End:
        """It waits no more."""
        return self.end(End(self.lineup.remove(id_).announcement, state, reason))

    def end(self, end: End) -> End:
        """It is over, and neither waits nor is being spoken."""
        self.acquaintance.part(end.announcement.id, was_heard=end.state is State.FINISHED)
        return end

    def end_spoken(
        self, id_: AnnouncementId, state: State, reason: str, *, at_once: bool = True
    ) -> tuple[BreakOff, ...]:
        """Have it broken off, and end like that."""
        return self.stage.break_off(id_, at_once=at_once, reason=reason, end=(state, reason))

    def _last(self, entry: Entry) -> Entry:
        return replace(entry, arrival=next(self._arrivals))

    def _line_up(self, entry: Entry) -> None:
        self.lineup.add(entry, ends_by(entry, self.settings))


def _is_selected(id_: AnnouncementId, zones: tuple[ZoneId, ...], which: Selection) -> bool:
    if which.id is not None:
        return id_ == which.id
    return not which.zones or any(zone in which.zones for zone in zones)
