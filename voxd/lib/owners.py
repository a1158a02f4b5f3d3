"""Acting as the owner of a folder, so that what root makes there is theirs and root follows nobody's links."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def as_owner_of(folder: Path) -> Iterator[None]:
    """Do what is in the block as whoever owns the folder, or what of its path is there; only root can.

    It is this whole process that does so, and all of its threads. May be nested. Raises OSError.
    """
    if os.getuid() != 0:
        yield
        return
    before = os.geteuid(), os.getegid(), os.getgroups()
    os.seteuid(0)
    try:
        there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists()).stat()
        _act_as(there.st_uid, there.st_gid, [there.st_gid])
        yield
    finally:
        os.seteuid(0)
        _act_as(*before)


def _act_as(user: int, group: int, groups: list[int]) -> None:
    """From root, who alone may change groups."""
    if (user, group, groups) != (os.geteuid(), os.getegid(), os.getgroups()):
        os.setgroups(groups)
        os.setegid(group)
        os.seteuid(user)
