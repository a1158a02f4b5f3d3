"""Listening sockets that outlast a restart: whoever connects meanwhile waits in them instead of failing."""

import os
import socket
from collections.abc import Iterable
from contextlib import suppress

from voxd.lib import systemd

STORED = "door-"
"""What the names of those begin with that systemd stores for us; the others are of a socket unit, which keeps them."""
Address = tuple[object, ...]
_Key = tuple[int, Address]


class LastingSockets:
    """The listening sockets of this process, by their addresses; `handed` are those that it began with, by name.

    A door is given a duplicate, and closes it when it likes: the socket itself goes on listening, here and in
    systemd's descriptor store, until it is dropped.
    """

    def __init__(self, handed: Iterable[tuple[str, socket.socket]] = ()) -> None:
        self._sockets: dict[_Key, socket.socket] = {}
        self._names: dict[_Key, str] = {}
        self._given: dict[_Key, socket.socket] = {}
        self._units: dict[object, str] = {}
        for name, one in handed:
            self._accept(name, one)

    @classmethod
    def handed_over(cls) -> "LastingSockets":
        """Those that systemd, or the run before this one, left to this process."""
        named = [(name, _of_descriptor(descriptor)) for name, descriptor in systemd.handed_over()]
        return cls((name, one) for name, one in named if one is not None)

    def take(self, family: int, address: Address) -> socket.socket | None:
        """The socket that listens there already, to be closed by whoever takes it; None where none does.

        Nor where somebody has it: two doors at one address would each get some of the other's clients.
        """
        key = _key(family, address)
        return self._give(key) if key in self._sockets and not self._is_used(key) else None

    def add(self, made: socket.socket) -> socket.socket:
        """Have a new one outlast us; what is given back is to be used instead, and closed."""
        key = _key(made.family, made.getsockname())
        self._sockets[key], self._names[key] = made, _name(key)
        systemd.store(self._names[key], made.fileno())
        return self._give(key)

    def unit_on(self, port: object) -> str:
        """The socket unit that listens on that port, at whatever address; empty where none does."""
        return self._units.get(port, "")

    def make_way(self, port: object) -> bool:
        """Drop those on this port that nobody uses, as they may be in the way of a new one; whether there were any."""
        return self._drop(key for key in self._unused() if key[1][1:2] == (port,))

    def drop_unused(self) -> None:
        """Drop those that nobody uses: nobody would ever serve who waits there."""
        self._drop(self._unused())

    def leave_to_successor(self) -> None:
        """Hand all over to the program that this process becomes: to be called right before, when all is closed."""
        systemd.hand_over([(self._names[key], one.fileno()) for key, one in self._sockets.items()])

    def close(self) -> None:
        """Close our own; what systemd stores it hands to the next run, if there is one."""
        for one in (*self._sockets.values(), *self._given.values()):
            one.close()

    def _accept(self, name: str, one: socket.socket) -> None:
        """Take over what was handed to us, where it listens; and not twice for an address."""
        key = _key(one.family, one.getsockname())
        if one.type != socket.SOCK_STREAM or not one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            one.close()
        elif key in self._sockets:
            _forget(name, one)
        else:
            self._sockets[key], self._names[key] = one, name
            if not name.startswith(STORED):
                self._units.update(dict.fromkeys(key[1][1:2], name))

    def _give(self, key: _Key) -> socket.socket:
        given = self._given[key] = self._sockets[key].dup()
        given.setblocking(False)
        return given

    def _unused(self) -> list[_Key]:
        return [key for key in self._sockets if not self._is_used(key)]

    def _is_used(self, key: _Key) -> bool:
        return key in self._given and self._given[key].fileno() >= 0

    def _drop(self, keys: Iterable[_Key]) -> bool:
        dropped = tuple(keys)
        for key in dropped:
            _forget(self._names.pop(key), self._sockets.pop(key))
        return bool(dropped)


def _of_descriptor(descriptor: int) -> socket.socket | None:
    """None, and closed, where it is no socket; a number that is not open at all is nobody's."""
    try:
        one = socket.socket(fileno=descriptor)
    except OSError:
        with suppress(OSError):
            os.close(descriptor)
        return None
    one.set_inheritable(False)
    return one


def _forget(name: str, one: socket.socket) -> None:
    if name.startswith(STORED):
        systemd.unstore(name)
    with suppress(OSError):
        one.close()


def _key(family: int, address: Address | str) -> _Key:
    """IPv6 addresses have two numbers more, of which only the interface of a link-local one matters."""
    if isinstance(address, str | bytes):
        return family, (address,)
    return family, (*address[:2], *(address[3:4] if family == socket.AF_INET6 else ()))


def _name(key: _Key) -> str:
    """What systemd knows it by: without colons, which separate names there (sd_notify(3), FDNAME=)."""
    return STORED + "-".join(str(part) for part in key[1]).replace(":", ".")
