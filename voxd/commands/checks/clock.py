"""Whether the clock is right: certificates, times to live and quiet hours go by it."""

import ctypes
import time
from datetime import UTC, datetime
from pathlib import Path

from voxd.commands.checks.finding import Finding

_TIMEX_BYTES = 512
"""More than any machine's struct timex."""
_TIME_ERROR = 5
"""adjtimex(2): the clock is not synchronized."""
_ADVICE = "start systemd-timesyncd or chrony (timedatectl set-ntp true)"


def clock_finding() -> Finding:
    """Of this machine."""
    return finding_of(time.time(), Path(__file__).stat().st_mtime, synchronized=_synchronized())


def finding_of(now: float, installed_at: float, *, synchronized: bool | None) -> Finding:
    """`now` and when voxd was installed, in seconds since the epoch; None where nobody knows if it is synchronized."""
    told = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if now < installed_at - 60:
        text = f"it is {told}, earlier than voxd was installed: certificates fail, and quiet hours are wrong"
        return Finding("problem", "clock", f"{text}; {_ADVICE}")
    if synchronized is False:
        return Finding("warning", "clock", f"nothing keeps it right ({told}); {_ADVICE}")
    return Finding("ok", "clock", told if synchronized is None else f"is kept right ({told})")


def _synchronized() -> bool | None:
    """What the kernel says, whichever program sets it (adjtimex(2)); None where it may not be asked."""
    state: int = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return None if state < 0 else state != _TIME_ERROR
