"""Whoever is inside a door, and who has to leave for somebody new."""

from collections import deque
from collections.abc import Mapping
from operator import itemgetter

from voxd.errors import BusyError
from voxd.wire.wyoming.connection import Connection, Listener

_ALL = "all"
"""Whose order it is, where it is that of all; no address."""


class Crowd:
    """Has room for `max_all`, and for `max_each` of one address."""

    def __init__(self, max_all: int, max_each: int) -> None:
        self._max_all = max_all
        self._max_each = max_each
        self._present: dict[Connection, Listener] = {}
        self._of: dict[str, dict[Connection, None]] = {}
        self._address: dict[Connection, str] = {}
        self._idle: dict[str, deque[tuple[float, Connection]]] = {}

    @property
    def present(self) -> Mapping[Connection, Listener]:
        """Everybody, and who listens to them."""
        return self._present

    @property
    def connected(self) -> tuple[Connection, ...]:
        """Those, and whoever was sent away and has not closed its end yet."""
        return tuple(self._address)

    def make_room(self, address: str) -> None:
        """Send the longest idle away where one of that address would be one too many. Raises BusyError if nobody is."""
        mine = self._of.get(address, {})
        if len(mine) >= self._max_each:
            if not self._send_one_away(address, mine):
                limit = f"{self._max_each} connections of {address} are at work (wyoming.max_connections_per_address)"
                raise BusyError(f"All {limit}")
        elif len(self._present) >= self._max_all and not self._send_one_away(_ALL, self._present):
            raise BusyError(f"All {self._max_all} connections are at work (wyoming.max_connections)")

    def come(self, connection: Connection, address: str, listener: Listener) -> None:
        """Somebody is inside now."""
        self._present[connection] = listener
        self._of.setdefault(address, {})[connection] = None
        self._address[connection] = address

    def gone(self, connection: Connection) -> None:
        """Somebody has closed its end."""
        self._forget(connection)
        self._address.pop(connection, None)

    def _send_one_away(self, whose: str, among: Mapping[Connection, object]) -> bool:
        longest = self._longest_idle(whose) or self._longest_idle_now(whose, among)
        if longest is None:
            return False
        self._forget(longest)
        longest.close()
        return True

    def _longest_idle_now(self, whose: str, among: Mapping[Connection, object]) -> Connection | None:
        """Look at everybody, and remember in which order they will have to leave: a crowd comes all at once."""
        idle = ((since, one) for one in among if (since := one.idle_since) is not None)
        self._idle[whose] = deque(sorted(idle, key=itemgetter(0)))
        return self._longest_idle(whose)

    def _longest_idle(self, whose: str) -> Connection | None:
        """Of those remembered, the first that is still here and has done nothing since."""
        remembered = self._idle.get(whose, deque())
        while remembered:
            since, one = remembered.popleft()
            if one in self._present and one.idle_since == since:
                return one
        self._idle.pop(whose, None)
        return None

    def _forget(self, connection: Connection) -> None:
        self._present.pop(connection, None)
        address = self._address.get(connection, "")
        mine = self._of.get(address, {})
        mine.pop(connection, None)
        if not mine:
            self._of.pop(address, None)
            self._idle.pop(address, None)
