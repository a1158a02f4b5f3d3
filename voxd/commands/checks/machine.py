"""Where this machine tells of itself, and for whom `voxd check` looks: the daemon's user where it has one."""

import grp
import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

DAEMON_USER = "voxd"
UNIT_GROUPS = ("audio", "video", "render")
"""What the units have beyond the groups of their user (SupplementaryGroups=)."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who opens devices."""

    name: str
    uid: int
    groups: frozenset[int]

    def may_use(self, node: Path) -> bool:
        """Whether they may read and write it; for others its mode tells. Raises OSError where it is not there."""
        status = node.stat()
        if self.uid == 0:
            return True
        if self.uid == os.geteuid():  # a session gives whoever sits before the machine rights beyond the mode: acl(5)
            return os.access(node, os.R_OK | os.W_OK, effective_ids=True)
        shift = 6 if status.st_uid == self.uid else 3 if status.st_gid in self.groups else 0
        return (status.st_mode >> shift) & 0o6 == 0o6


def daemon_user() -> User:
    """Who the daemon runs as: its own user, where root asks and there is one; else whoever asks."""
    if os.geteuid() == 0:
        try:
            entry = pwd.getpwnam(DAEMON_USER)
        except KeyError:
            return User("root", 0, frozenset())
        unit = [group.gr_gid for group in grp.getgrall() if group.gr_name in UNIT_GROUPS]
        return User(entry.pw_name, entry.pw_uid, frozenset([*os.getgrouplist(entry.pw_name, entry.pw_gid), *unit]))
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        name = str(os.geteuid())
    return User(name, os.geteuid(), frozenset([os.getegid(), *os.getgroups()]))


@dataclass(frozen=True, slots=True)
class Machine:
    """The kernel's files, and the user that opens devices."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    dev: Path = Path("/dev")
    user: User = field(default_factory=daemon_user)

    def processes(self) -> Iterator[tuple[int, str]]:
        """Every process by its number, with its name."""
        for folder in self.proc.glob("[0-9]*"):
            if name := line_of(folder / "comm"):
                yield int(folder.name), name

    def owner_of(self, pid: int) -> str:
        """The name of whoever runs it."""
        try:
            uid = (self.proc / str(pid)).stat().st_uid
        except OSError:
            return "somebody who has left"
        try:
            return pwd.getpwuid(uid).pw_name
        except KeyError:
            return str(uid)


def line_of(file: Path) -> str:
    """The first line of a small file; empty where it cannot be read."""
    try:
        return file.read_text("utf-8", "replace").partition("\n")[0].strip()
    except OSError:
        return ""
