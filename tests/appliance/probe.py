"""Tries, from inside a unit, what it must not be able to do, and prints as JSON what came of it: ok, or the error.

It runs in the machine, with what Python itself has. What it is to try stands in its arguments, each as KIND:VALUE.
"""

import ctypes
import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

CONNECT_TIMEOUT_S = 3.0
CLONE_NEWUSER, CLONE_NEWNET, PTRACE_ATTACH, UNAME26 = 0x10000000, 0x40000000, 16, 0x0020000
MS_BIND = 4096
libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int) -> None:
    """Raises OSError where a function of libc failed."""
    if result == -1:
        raise OSError(ctypes.get_errno(), "")


def write(path: str) -> None:
    Path(path).write_text("written")
    Path(path).unlink()


def read(path: str) -> None:
    file = Path(path)
    if file.is_dir():
        list(file.iterdir())
    else:
        with file.open("rb") as opened:
            opened.read(1)


def empty(path: str) -> None:
    if list(Path(path).iterdir()):
        raise OSError(errno.ENOTEMPTY, "")


def execute(folder: str) -> None:
    """A program that somebody has put there."""
    program = Path(folder) / "uploaded"
    shutil.copyfile("/bin/true", program)
    try:
        program.chmod(0o755)
        subprocess.run([program], check=True, timeout=10)
    finally:
        program.unlink()


def setuid_file(folder: str) -> None:
    file = Path(folder) / "suid"
    file.touch()
    try:
        file.chmod(0o4755)
    finally:
        file.unlink()


def connect(address: str) -> None:
    host, port = address.rsplit(":", 1)
    socket.create_connection((host, int(port)), CONNECT_TIMEOUT_S).close()


def open_socket(family: str) -> None:
    socket.socket(getattr(socket, family), socket.SOCK_RAW if family == "AF_PACKET" else socket.SOCK_DGRAM).close()


CALLS: dict[str, Callable[[], object]] = {
    "set the clock": lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()),
    "set the hostname": lambda: socket.sethostname("elsewhere"),
    "become root": lambda: os.setuid(0),
    "have a user namespace": lambda: checked(libc.unshare(CLONE_NEWUSER)),
    "have a network namespace": lambda: checked(libc.unshare(CLONE_NEWNET)),
    "mount": lambda: checked(libc.mount(b"/", b"/tmp", None, MS_BIND, None)),
    "make a device": lambda: os.mknod("/tmp/device", 0o20666, os.makedev(116, 16)),
    "be real-time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    "trace init": lambda: checked(libc.ptrace(PTRACE_ATTACH, 1, None, None)),
    "have another personality": lambda: checked(libc.personality(UNAME26)),
    "turn swap on": lambda: checked(libc.swapon(b"/tmp/swap", 0)),
    "change its root": lambda: os.chroot("/tmp"),
}


def status(field: str) -> None:
    """Tells instead what the kernel says of this process."""
    found = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field)]
    raise ValueError(found[0])


KINDS: dict[str, Callable[[str], object]] = {
    "write": write,
    "read": read,
    "empty": empty,
    "execute": execute,
    "setuid": setuid_file,
    "connect": connect,
    "socket": open_socket,
    "call": lambda what: CALLS[what](),
    "status": status,
}


def outcome(wanted: str) -> str:
    """What comes of trying it."""
    kind, _, value = wanted.partition(":")
    try:
        KINDS[kind](value)
    except TimeoutError:
        return "timeout"
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, repr(error))
    except ValueError as told:
        return str(told)
    return "ok"


if __name__ == "__main__":
    print(json.dumps({wanted: outcome(wanted) for wanted in sys.argv[1:]}))
