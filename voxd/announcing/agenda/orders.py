"""What orders mean for the entries of the agenda; each gives the announcements it was about, and effects."""

from collections.abc import Iterable

from voxd.announcing.agenda.effects import BreakOff, Effect, End
from voxd.announcing.agenda.entry import Entry
from voxd.announcing.agenda.ledger import Ledger
from voxd.announcing.agenda.rules.repeats import acknowledged, turn_has_come
from voxd.announcing.selection import Selection
from voxd.model.announcement import State
from voxd.model.identifiers import AnnouncementId, ZoneId

Answer = tuple[tuple[AnnouncementId, ...], tuple[Effect, ...]]
"""The announcements that an order was about, and what is to be done."""


def acknowledge(ledger: Ledger, which: Selection) -> Answer:
    """See Agenda."""
    waiting, spoken = ledger.selected(which)
    heard = [alarm for alarm in spoken if alarm.is_alarm]
    known = [alarm for alarm in waiting if alarm.is_alarm and (which.id is not None or turn_has_come(alarm))]
    effects: list[Effect] = []
    for alarm in heard:
        effects += ledger.stage.break_off(alarm.id, at_once=True, reason="Acknowledged", acknowledged=True)
    effects += [ledger.end_waiting(alarm.id, *acknowledged(alarm)) for alarm in known]
    return _ids(heard, known), tuple(effects)


def stop(ledger: Ledger, which: Selection) -> Answer:
    """See Agenda."""
    cut, dropped = _cut(ledger, which, "Stopped"), _dropped(ledger, which, "Stopped", sirens_too=True)
    return cut[0] + dropped[0], cut[1] + dropped[1]


def skip(ledger: Ledger, which: Selection) -> Answer:
    """See Agenda."""
    return _cut(ledger, which, "Skipped")


def clear(ledger: Ledger, which: Selection) -> Answer:
    """See Agenda."""
    return _dropped(ledger, which, "Cleared")


def hold(ledger: Ledger, zones: tuple[ZoneId, ...]) -> Answer:
    """Break off what is being spoken there, but for alarms, so that it waits with the others."""
    cut = [entry for entry in ledger.selected(Selection(zones=zones))[1] if not entry.is_alarm]
    effects: list[BreakOff] = []
    for entry in cut:
        effects += ledger.stage.break_off(entry.id, at_once=True, reason="Paused")
    return _ids(cut) + held(ledger, zones), tuple(effects)


def held(ledger: Ledger, zones: tuple[ZoneId, ...]) -> tuple[AnnouncementId, ...]:
    """Those that wait in these zones while they are paused."""
    waiting = ledger.selected(Selection(zones=zones))[0] if zones else ()
    return _ids(entry for entry in waiting if not entry.is_alarm)


def _cut(ledger: Ledger, which: Selection, reason: str) -> Answer:
    """End what is being spoken; an alarm that is not named falls silent only."""
    effects: list[BreakOff] = []
    cut = ledger.selected(which)[1]
    for entry in cut:
        if entry.is_alarm and which.id is None:
            effects += ledger.stage.break_off(entry.id, at_once=True, reason=reason, silenced=True)
        else:
            effects += ledger.end_spoken(entry.id, State.INTERRUPTED, reason)
    return _ids(cut), tuple(effects)


def _dropped(ledger: Ledger, which: Selection, reason: str, *, sirens_too: bool = False) -> Answer:
    """End what waits; not an alarm that is not named, unless it is a siren that was sounding and would again."""
    waiting = ledger.selected(which)[0]
    named = which.id is not None
    dropped = [entry for entry in waiting if named or not entry.is_alarm or (sirens_too and entry.is_siren)]
    ends: list[End] = [ledger.end_waiting(entry.id, State.CANCELLED, reason) for entry in dropped]
    return _ids(dropped), tuple(ends)


def _ids(*entries: Iterable[Entry]) -> tuple[AnnouncementId, ...]:
    return tuple(entry.id for some in entries for entry in some)
