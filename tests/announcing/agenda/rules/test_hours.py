"""Hours of the day, by the clock on the wall."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from voxd.announcing.agenda.rules.hours import next_minute_s, within

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("hours", "clock", "expected"),
    [
        (None, "03:00", False),
        ("22:00-07:00", "21:59", False),
        ("22:00-07:00", "22:00", True),
        ("22:00-07:00", "23:59", True),
        ("22:00-07:00", "00:00", True),
        ("22:00-07:00", "06:59", True),
        ("22:00-07:00", "07:00", False),
        ("22:00-07:00", "12:00", False),
        ("13:00-14:30", "12:59", False),
        ("13:00-14:30", "13:00", True),
        ("13:00-14:30", "14:29", True),
        ("13:00-14:30", "14:30", False),
        ("00:00-00:00", "12:00", True),
        ("00:00-06:00", "00:00", True),
        ("18:00-00:00", "23:59", True),
        ("18:00-00:00", "00:00", False),
    ],
)
def test_hours_may_cross_midnight(hours: str | None, clock: str, expected: bool) -> None:
    local = datetime.combine(date(2026, 3, 1), time.fromisoformat(clock), BERLIN)
    assert within(hours, local) is expected


def quiet_hours_of(day: datetime, hours: str) -> int:
    """How many real hours of the day after that moment are within."""
    begin = day.timestamp()
    return sum(within(hours, datetime.fromtimestamp(begin + 3600 * hour, BERLIN)) for hour in range(24))


def test_the_night_in_which_the_clock_is_set_forward_is_an_hour_shorter() -> None:
    assert quiet_hours_of(datetime(2026, 3, 28, 12, tzinfo=BERLIN), "22:00-07:00") == 8


def test_the_night_in_which_the_clock_is_set_back_is_an_hour_longer() -> None:
    assert quiet_hours_of(datetime(2026, 10, 24, 12, tzinfo=BERLIN), "22:00-07:00") == 10


def test_hours_that_the_clock_leaves_out_never_come() -> None:
    assert quiet_hours_of(datetime(2026, 3, 28, 12, tzinfo=BERLIN), "02:00-03:00") == 0


@pytest.mark.parametrize(("seconds", "expected"), [(0, 60.0), (59.5, 0.5), (30.25, 29.75)])
def test_hours_change_only_when_the_minute_does(seconds: float, expected: float) -> None:
    local = datetime(2026, 3, 1, 21, 59, tzinfo=BERLIN) + timedelta(seconds=seconds)
    assert next_minute_s(local) == expected
