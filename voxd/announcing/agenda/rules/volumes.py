"""How loud an announcement is in a zone at this hour."""

from datetime import datetime

from voxd.announcing.agenda.rules.hours import within
from voxd.model.announcement import Priority
from voxd.settings import ZoneSettings


def volume_in(zone: ZoneSettings, volume: int | None, priority: Priority, local: datetime) -> float:
    """In percent: the announcement's own volume is a part of the zone's; at night the cap holds for what that gives.

    An alarm passes by the cap where the owner did not cap alarms, too.
    """
    percent = zone.volume if volume is None else zone.volume * volume / 100
    is_capped = priority is not Priority.ALARM or zone.night.alarms_too
    if is_capped and within(zone.night.hours, local):
        return float(min(percent, zone.night.volume))
    return float(percent)
