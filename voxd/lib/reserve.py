"""Room on a disk that is kept for when the disk is full. Everything blocks."""

import errno
import os
from pathlib import Path

from voxd.lib.durable import FILE_MODE

BLOCK = 65_536
MARGIN_MAX = 1024 * 1024
PART_OF_DISK = 16
"""A reserve takes no more than this part of the disk."""
PLENTY = 3
"""So many times its size must be free until what an earlier run has given up is taken again."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Reserve:
    """A file that only takes room: up to `size_max` bytes, less on a small disk. Given up it is empty, but there."""

    def __init__(self, file: Path, size_max: int) -> None:
        self._file = file
        self._size_max = size_max
        self._enough = 0

    def make(self) -> bool:
        """Take the room, as far as it is not taken; False where the disk has none.

        A file system that can promise no room is used without.
        """
        try:
            return self._made()
        except OSError as error:
            return error.errno not in NO_ROOM

    def release(self) -> bool:
        """Give the room back; False where none was taken."""
        try:
            size = self._file.stat().st_size
            os.truncate(self._file, 0)
        except OSError:
            return False
        return size > 0

    def note_full(self) -> None:
        """What is free now is all there is: the room is not taken again before there is more."""
        free = self._free()
        self._enough = max(self._enough, free + max(BLOCK, min(MARGIN_MAX, free // 4)))

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
        taken = self._file.stat().st_size if self._file.exists() else None
        most = min(self._size_max, disk.f_blocks * disk.f_frsize // PART_OF_DISK)
        wanted = min(most, (free + (taken or 0)) // 2)
        if taken and 2 * taken >= wanted:
            return True
        if taken == 0 and not self._enough:  # an earlier run gave it up
            self._enough = PLENTY * most
        if free < self._enough or wanted < BLOCK:
            return bool(taken)
        self._take(wanted - wanted % BLOCK)
        self._enough = 0
        return True

    def _free(self) -> int:
        try:
            disk = os.statvfs(self._file.parent)
        except OSError:
            return 0
        return disk.f_bavail * disk.f_frsize

    def _take(self, size: int) -> None:
        unfinished = self._file.with_name(f"{self._file.name}.new")
        unfinished.unlink(missing_ok=True)
        self._file.unlink(missing_ok=True)
        try:
            fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
            try:
                os.posix_fallocate(fd, 0, size)
            finally:
                os.close(fd)
            unfinished.replace(self._file)
        finally:
            unfinished.unlink(missing_ok=True)
