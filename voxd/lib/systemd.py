"""A thin face of systemd's notification socket and journal; where systemd is absent, nothing happens."""

import logging
import os
import time

try:
    from systemd import daemon as _daemon
except ImportError:  # the library is an extra: without it there is nobody to tell
    _daemon = None


def notify(*assignments: str) -> None:
    """Tell the service manager, for example `notify("READY=1", "STATUS=Listening")`."""
    if _daemon is not None and os.environ.get("NOTIFY_SOCKET"):
        _daemon.notify("\n".join(assignments))


def ready(status: str) -> None:
    """The service serves from now on."""
    notify("READY=1", f"STATUS={status}")


def status(text: str) -> None:
    """One line for `systemctl status`."""
    notify(f"STATUS={text}")


def more_time(seconds: float) -> None:
    """The start goes on, and takes at least so long yet (sd_notify(3), EXTEND_TIMEOUT_USEC=)."""
    notify(f"EXTEND_TIMEOUT_USEC={round(seconds * 1_000_000)}")


def reloading() -> None:
    """The configuration is read again; `ready` ends it (sd_notify(3), RELOADING=1)."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")


def stopping() -> None:
    """The service ends."""
    notify("STOPPING=1")


def watchdog() -> None:
    """All loops are alive."""
    notify("WATCHDOG=1")


def watchdog_interval_s() -> float | None:
    """How often `watchdog` must be called: half of what systemd allows (sd_watchdog_enabled(3))."""
    limit_us = os.environ.get("WATCHDOG_USEC", "")
    pid = os.environ.get("WATCHDOG_PID", str(os.getpid()))
    if not limit_us.isdigit() or int(limit_us) == 0 or pid != str(os.getpid()):
        return None
    return int(limit_us) / 2_000_000


def journal_log() -> logging.Handler | None:
    """What writes records to the journal with their fields, where our standard error is the journal."""
    output = os.fstat(2)
    if os.environ.get("JOURNAL_STREAM") != f"{output.st_dev}:{output.st_ino}":
        return None
    try:
        from systemd.journal import JournalHandler
    except ImportError:
        return None
    return JournalHandler(SYSLOG_IDENTIFIER="voxd")  # type: ignore[no-any-return]
