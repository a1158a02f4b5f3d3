"""In which zones an announcement is not to be heard now: quiet hours and do-not-disturb."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from voxd.announcing.agenda.rules.hours import within
from voxd.model.announcement import Priority
from voxd.model.identifiers import ZoneId
from voxd.settings import QuietSettings, ZoneSettings


@dataclass(frozen=True, slots=True)
class Hearing:
    """The zones that may hear it, and why the others may not: a sentence, empty where all may."""

    zones: tuple[ZoneId, ...]
    reason: str = ""


def why_quiet(quiet: QuietSettings, undisturbed: Priority | None, priority: Priority, local: datetime) -> str:
    """Why one of that priority is not heard in a zone, in two or three words; empty where it is. Alarms always are.

    `undisturbed` is the least priority that passes do-not-disturb, None where that is off.
    """
    if priority is Priority.ALARM:
        return ""
    if undisturbed is not None and priority < undisturbed:
        return "do not disturb"
    if priority < Priority[quiet.passes.upper()] and within(quiet.hours, local):
        return f"quiet hours {quiet.hours}"
    return ""


def hearing(
    zones: tuple[ZoneId, ...],
    priority: Priority,
    local: datetime,
    settings: Mapping[ZoneId, ZoneSettings],
    undisturbed: Mapping[ZoneId, Priority],
) -> Hearing:
    """Where it may be heard now."""
    if priority is Priority.ALARM:
        return Hearing(zones)
    why = dict(_closed(zones, priority, local, settings, undisturbed))
    if not why:
        return Hearing(zones)
    reason = ", ".join(f"{words} in {zone}" for zone, words in why.items())
    heard_in = tuple(zone for zone in zones if zone not in why)
    return Hearing(heard_in, f"Heard elsewhere only: {reason}" if heard_in else f"{reason[0].upper()}{reason[1:]}")


def _closed(
    zones: tuple[ZoneId, ...],
    priority: Priority,
    local: datetime,
    settings: Mapping[ZoneId, ZoneSettings],
    undisturbed: Mapping[ZoneId, Priority],
) -> Iterator[tuple[ZoneId, str]]:
    for zone in zones:
        quiet = settings[zone].quiet if zone in settings else QuietSettings()
        if words := why_quiet(quiet, undisturbed.get(zone), priority, local):
            yield zone, words
