"""What the kernel does with the bytes of a connection, where asyncio does not look."""

import fcntl
import socket
import struct
import termios
from asyncio.trsock import TransportSocket

_INT = struct.Struct("i")
_NO_LINGERING = struct.pack("ii", 1, 0)


def unacknowledged_bytes(connected: TransportSocket) -> int:
    """What it holds for a TCP client that has not taken it yet (tcp(7): SIOCOUTQ); 0 for other sockets."""
    if connected.family not in (socket.AF_INET, socket.AF_INET6):
        return 0
    try:
        answer = fcntl.ioctl(connected.fileno(), termios.TIOCOUTQ, bytes(_INT.size))
    except OSError:  # it is closed
        return 0
    held_bytes: int = _INT.unpack(answer)[0]
    return held_bytes


def forget_unsent(connected: TransportSocket) -> None:
    """Have a close throw away what was not sent (socket(7): SO_LINGER), and not keep it for minutes."""
    try:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
    except OSError:  # it is closed, and there is nothing more to forget
        return
