"""How loud an announcement is, by zone and hour."""

from datetime import UTC, datetime

import pytest
from agendas import ALARM, HIGH, NORMAL

from voxd.announcing.agenda.rules.volumes import volume_in
from voxd.model.announcement import Priority
from voxd.settings import NightSettings, ZoneSettings

NIGHT = NightSettings(hours="22:00-07:00", volume=30)
ALARMS_TOO = NightSettings(hours="22:00-07:00", volume=30, alarms_too=True)


@pytest.mark.parametrize(
    ("zone", "own", "priority", "hour", "expected"),
    [
        (ZoneSettings(), None, NORMAL, 12, 100.0),
        (ZoneSettings(volume=80), None, NORMAL, 12, 80.0),
        (ZoneSettings(volume=80), 50, NORMAL, 12, 40.0),
        (ZoneSettings(volume=80), 0, NORMAL, 12, 0.0),
        (ZoneSettings(volume=80, night=NIGHT), 50, NORMAL, 12, 40.0),
        (ZoneSettings(volume=80, night=NIGHT), 50, NORMAL, 23, 30.0),
        (ZoneSettings(volume=80, night=NIGHT), 25, NORMAL, 23, 20.0),
        (ZoneSettings(volume=80, night=NIGHT), None, HIGH, 6, 30.0),
        (ZoneSettings(volume=80, night=NIGHT), None, ALARM, 23, 80.0),
        (ZoneSettings(volume=80, night=ALARMS_TOO), None, ALARM, 23, 30.0),
        (ZoneSettings(volume=80, night=ALARMS_TOO), None, ALARM, 7, 80.0),
        (ZoneSettings(volume=80, night=NightSettings(volume=30)), None, NORMAL, 23, 80.0),
    ],
)
def test_the_own_volume_is_a_part_of_the_zones_and_capped_at_night(
    zone: ZoneSettings, own: int | None, priority: Priority, hour: int, expected: float
) -> None:
    assert volume_in(zone, own, priority, datetime(2026, 3, 1, hour, tzinfo=UTC)) == expected
