"""Quiet hours and do-not-disturb."""

from datetime import UTC, datetime

import pytest
from agendas import ALARM, BEDROOM, EVERYWHERE, HIGH, KITCHEN, LOW, NORMAL, ZONES

from voxd.announcing.agenda.rules.quiet import Hearing, hearing, why_quiet
from voxd.model.announcement import Priority
from voxd.model.identifiers import ZoneId
from voxd.settings import PriorityName, QuietSettings

DAY, NIGHT = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (12, 23))
HOURS = "22:00-07:00"


@pytest.mark.parametrize(
    ("passes", "undisturbed", "priority", "local", "expected"),
    [
        ("high", None, NORMAL, DAY, ""),
        ("high", None, NORMAL, NIGHT, "quiet hours 22:00-07:00"),
        ("high", None, HIGH, NIGHT, ""),
        ("high", None, ALARM, NIGHT, ""),
        ("alarm", None, HIGH, NIGHT, "quiet hours 22:00-07:00"),
        ("alarm", None, ALARM, NIGHT, ""),
        ("low", None, LOW, NIGHT, ""),
        ("high", HIGH, NORMAL, DAY, "do not disturb"),
        ("high", HIGH, HIGH, DAY, ""),
        ("high", ALARM, HIGH, NIGHT, "do not disturb"),
        ("high", ALARM, ALARM, NIGHT, ""),
        ("high", LOW, LOW, DAY, ""),
        ("high", LOW, LOW, NIGHT, "quiet hours 22:00-07:00"),
    ],
)
def test_only_the_urgent_passes(
    passes: PriorityName, undisturbed: Priority | None, priority: Priority, local: datetime, expected: str
) -> None:
    assert why_quiet(QuietSettings(hours=HOURS, passes=passes), undisturbed, priority, local) == expected


@pytest.mark.parametrize(
    ("zones", "priority", "local", "undisturbed", "expected"),
    [
        (EVERYWHERE, NORMAL, DAY, {}, Hearing(EVERYWHERE)),
        (
            EVERYWHERE,
            NORMAL,
            NIGHT,
            {},
            Hearing((KITCHEN,), "Heard elsewhere only: quiet hours 22:00-07:00 in bedroom"),
        ),
        ((BEDROOM,), NORMAL, NIGHT, {}, Hearing((), "Quiet hours 22:00-07:00 in bedroom")),
        (
            EVERYWHERE,
            NORMAL,
            NIGHT,
            {KITCHEN: HIGH},
            Hearing((), "Do not disturb in kitchen, quiet hours 22:00-07:00 in bedroom"),
        ),
        (EVERYWHERE, ALARM, NIGHT, {KITCHEN: ALARM}, Hearing(EVERYWHERE)),
        ((ZoneId("attic"),), NORMAL, NIGHT, {}, Hearing((ZoneId("attic"),))),
    ],
)
def test_each_zone_is_judged_for_itself(
    zones: tuple[ZoneId, ...],
    priority: Priority,
    local: datetime,
    undisturbed: dict[ZoneId, Priority],
    expected: Hearing,
) -> None:
    assert hearing(zones, priority, local, ZONES, undisturbed) == expected
