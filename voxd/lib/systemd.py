"""A thin face of systemd's notification socket and journal; where systemd is absent, nothing happens."""

import fcntl
import logging
import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress

_FIRST_HANDED = 3
_COUNT, _NAMES, _FOR = "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID"


def notify(*assignments: str) -> None:
    """Tell the service manager, for example `notify("READY=1", "STATUS=Listening")`."""
    _send("\n".join(assignments))


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


def store(name: str, descriptor: int) -> None:
    """Have the service manager keep it open, for the next run of this service (sd_notify(3), FDSTORE=1)."""
    _send(f"FDSTORE=1\nFDNAME={name}\nFDPOLL=0", [descriptor])


def unstore(name: str) -> None:
    """What is stored by that name is not needed any more (sd_notify(3), FDSTOREREMOVE=1)."""
    notify("FDSTOREREMOVE=1", f"FDNAME={name}")


def handed_over() -> list[tuple[str, int]]:
    """The open descriptors that this process began with, by name (sd_listen_fds(3)); told once, and not to children."""
    given = {name: os.environ.pop(name, "") for name in (_COUNT, _NAMES, _FOR)}
    count = int(given[_COUNT]) if given[_FOR] == str(os.getpid()) and given[_COUNT].isdigit() else 0
    names = given[_NAMES].split(":") if given[_NAMES] else []
    return [(names[at] if at < len(names) else "unknown", _FIRST_HANDED + at) for at in range(count)]


def hand_over(named: Sequence[tuple[str, int]]) -> None:
    """Have `handed_over` give them to the program that this process becomes: to be called right before execve(2).

    They are moved to where they are looked for; whatever else is open there is lost.
    """
    free = _FIRST_HANDED + len(named)
    aside = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, free) for _, descriptor in named]
    for at, descriptor in enumerate(aside, _FIRST_HANDED):
        os.dup2(descriptor, at, inheritable=True)
    names = ":".join(name for name, _ in named)
    os.environ.update({_COUNT: str(len(named)), _NAMES: names, _FOR: str(os.getpid())})


def _send(text: str, descriptors: Sequence[int] = ()) -> None:
    """Tell it without waiting (sd_notify(3), whose library waits).

    A container's socket is read until READY=1 and never again: voxd would stand still once it is full. systemd's own
    has room for hundreds of these.
    """
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sending:
        sending.connect(f"\0{place[1:]}" if place.startswith("@") else place)
        if descriptors:
            socket.send_fds(sending, [text.encode()], descriptors)
        else:
            sending.send(text.encode())


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
