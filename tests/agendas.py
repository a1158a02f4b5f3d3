"""Agendas of a small house, and the time they are told."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from voxd.announcing.agenda.agenda import Agenda
from voxd.announcing.agenda.effects import Begin, BreakOff, Effect, End, Wait
from voxd.announcing.agenda.entry import Now
from voxd.model.announcement import Announcement, Priority
from voxd.model.identifiers import AnnouncementId, ZoneId
from voxd.settings import AlarmSettings, AnnouncementSettings, QuietSettings, ZoneSettings

KITCHEN, BEDROOM = ZoneId("kitchen"), ZoneId("bedroom")
EVERYWHERE = (KITCHEN, BEDROOM)
QUIET = QuietSettings(hours="22:00-07:00")
ZONES = {KITCHEN: ZoneSettings(), BEDROOM: ZoneSettings(quiet=QUIET)}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOW, NORMAL, HIGH, ALARM = Priority


def at(monotonic_s: float, begin: datetime = NOON) -> Now:
    """So many seconds after `begin` by the clock on the wall."""
    return Now(monotonic_s, begin + timedelta(seconds=monotonic_s))


def said(id_: str, priority: Priority = NORMAL, **options: Any) -> Announcement:
    """An announcement that says its id, where it says nothing else."""
    text = options.pop("text", id_)
    return Announcement(text, priority=priority, id=AnnouncementId(id_), **options)


def agenda(**options: Any) -> Agenda:
    """One with these settings; alarms repeat after 30 s, twice."""
    return Agenda(AnnouncementSettings(**({"alarms": AlarmSettings(repeat_max=2)} | options)), ZONES)


def begun(effects: Iterable[Effect]) -> list[str]:
    """Which begin."""
    return [effect.entry.id for effect in effects if isinstance(effect, Begin)]


def broken_off(effects: Iterable[Effect]) -> list[tuple[str, bool]]:
    """Which are to be broken off, and whether at once."""
    return [(effect.id, effect.at_once) for effect in effects if isinstance(effect, BreakOff)]


def ended(effects: Iterable[Effect]) -> list[tuple[str, str]]:
    """Which are over, and how."""
    return [(effect.announcement.id, effect.state) for effect in effects if isinstance(effect, End)]


def waiting(effects: Iterable[Effect]) -> list[tuple[str, str]]:
    """Which wait again, and why."""
    return [(effect.entry.id, effect.reason) for effect in effects if isinstance(effect, Wait)]
