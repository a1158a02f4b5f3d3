"""Whether it is one of the hours that the owner named, by the wall clock."""

from datetime import datetime


def within(hours: str | None, local: datetime) -> bool:
    """Whether the clock on the wall shows one of these hours (see Hours in the settings); never for None.

    The first minute belongs to them, the last one does not. 22:00-07:00 crosses midnight; 00:00-00:00 is all day. Where
    the clock is set back, an hour that comes twice counts twice; one that is left out never comes.
    """
    if hours is None:
        return False
    begin, _, end = hours.partition("-")
    now = f"{local:%H:%M}"
    if begin < end:
        return begin <= now < end
    return now >= begin or now < end


def next_minute_s(local: datetime) -> float:
    """Seconds until the clock on the wall shows another minute: hours begin and end at no other time."""
    return 60 - local.second - local.microsecond / 1e6
