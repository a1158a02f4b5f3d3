"""Dates and times of day as they are written, checked."""

import datetime
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar; `year` is None where none was written."""

    year: int | None
    month: int
    day: int

    def as_date(self) -> datetime.date:
        """The same for the library; a leap year stands in for none."""
        return datetime.date(self.year or 2000, self.month, self.day)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day on the 24-hour clock; `half` is "am" or "pm" where that was written."""

    hour: int
    minute: int = 0
    second: int | None = None
    half: str = ""


def day_of(year: str | None, month: str, day: str) -> Day | None:
    """A day, if such a day exists; two digits of a year mean 2000 to 2069 or 1970 to 1999."""
    number = int(year) if year else None
    if number is not None and year is not None and len(year) == 2:
        number += 2000 if number < 70 else 1900
    found = Day(number, int(month), int(day))
    try:
        found.as_date()
    except ValueError:
        return None
    return found


def clock_of(hour: str, minute: str | None, second: str | None, half: str) -> Clock | None:
    """A time of day, if there is such a time."""
    found = Clock(int(hour), int(minute or 0), int(second) if second else None, half.lower().replace(".", "")[:2])
    highest = 12 if found.half else 24
    if found.hour > highest or found.minute > 59 or (found.second or 0) > 60:
        return None
    return found
