"""Moments, told by a clock that people set and by one that nobody can."""

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: seconds since the epoch, and seconds since the machine was booted the time named `boot`.

    `boottime_s` goes on while the machine sleeps (CLOCK_BOOTTIME) and is never set; it says nothing after the next
    boot. `boot` is empty where it is not known.
    """

    wall_s: float
    boot: str = ""
    boottime_s: float = 0.0

    def age_s(self, now: "Moment") -> float:
        """How long ago this was at `now`, never negative: whatever the clock was set to since, within one boot."""
        same_boot = bool(self.boot) and self.boot == now.boot
        return max(0.0, now.boottime_s - self.boottime_s if same_boot else now.wall_s - self.wall_s)


def moment() -> Moment:
    """What the clocks say now."""
    return Moment(time.time(), boot_id(), time.clock_gettime(time.CLOCK_BOOTTIME))


@cache
def boot_id() -> str:
    """What tells this boot of the machine from all others; empty where the kernel does not say (proc(5))."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""
