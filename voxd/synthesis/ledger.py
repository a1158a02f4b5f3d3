"""How many bytes a shared folder holds, kept in a file that its users lock in turn."""

import errno
import fcntl
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TOTAL = struct.Struct("<Q")
PATIENCE_S = 1.0
PAUSE_S = 0.005


class Ledger:
    """One number that several processes keep together. Its methods block and raise OSError.

    It may be too large after a kill, never too small: it is raised before a file appears.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def open(self) -> Iterator["Entry"]:
        """The number, nobody else's while this context lasts."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _lock(fd)
            yield Entry(fd)
        finally:
            os.close(fd)


class Entry:
    """The number while it is locked."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def read(self) -> int | None:
        """The number; None when nobody has counted yet."""
        data = os.pread(self._fd, _TOTAL.size, 0)
        return int(_TOTAL.unpack(data)[0]) if len(data) == _TOTAL.size else None

    def write(self, total_bytes: int) -> None:
        """Set it."""
        os.pwrite(self._fd, _TOTAL.pack(max(total_bytes, 0)), 0)


def _lock(fd: int) -> None:
    """Take the lock, with patience but not for ever: its holder may have been stopped."""
    patience_ends = time.monotonic() + PATIENCE_S
    while True:
        try:
            return fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > patience_ends:
                raise TimeoutError(errno.ETIMEDOUT, "another process keeps it locked") from None
            time.sleep(PAUSE_S)
