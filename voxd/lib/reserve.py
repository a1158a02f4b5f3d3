"""Room on a disk that is kept for when the disk is full. Everything blocks."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from voxd.lib.durable import FILE_MODE

BLOCK = 65_536
MARGIN_MAX = 1024 * 1024
PART_OF_DISK = 16
"""A reserve takes no more than this part of the disk."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Reserve:
    """A file that only takes room: up to `size_max` bytes, less on a small disk."""

    def __init__(self, file: Path, size_max: int) -> None:
        self._file = file
        self._size_max = size_max
        self._released = 0

    def make(self) -> bool:
        """Take the room, as far as it is not taken; False where the disk has none.

        What was released must have come back, and some more, so that it is not given away twice. A file system that
        can promise no room is used without.
        """
        try:
            return self._made()
        except OSError as error:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)
            return error.errno not in NO_ROOM

    def release(self) -> bool:
        """Give the room back; False where none was taken."""
        try:
            size = self._file.stat().st_size
            self._file.unlink()
        except OSError:
            return False
        self._released = max(self._released, size)
        return size > 0

    @property
    def disk_is_full(self) -> bool:
        """Whether the disk has no room for even a little."""
        try:
            disk = os.statvfs(self._file.parent)
        except OSError:
            return False
        return disk.f_blocks > 0 and disk.f_bavail * disk.f_frsize < BLOCK

    def _made(self) -> bool:
        disk = os.statvfs(self._file.parent)
        if not disk.f_blocks:  # it does not tell
            return True
        free = disk.f_bavail * disk.f_frsize
        taken = self._file.stat().st_size if self._file.exists() else 0
        wanted = min(self._size_max, disk.f_blocks * disk.f_frsize // PART_OF_DISK, (free + taken) // 2)
        if taken and 2 * taken >= wanted:
            return True
        if free < self._released + min(MARGIN_MAX, self._released // 4) or wanted < BLOCK:
            return bool(taken)
        self._take(wanted - wanted % BLOCK)
        self._released = 0
        return True

    def _take(self, size: int) -> None:
        self._file.unlink(missing_ok=True)
        fd = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
        try:
            os.posix_fallocate(fd, 0, size)
        finally:
            os.close(fd)
