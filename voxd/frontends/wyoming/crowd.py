"""Whoever is inside a door, and who has to leave for somebody new."""

from collections.abc import Mapping
from operator import itemgetter

from voxd.errors import BusyError
from voxd.wire.wyoming.connection import Connection, Listener


class Crowd:
    """Has room for `max_all`, and for `max_each` of one address."""

    def __init__(self, max_all: int, max_each: int) -> None:
        self._max_all = max_all
        self._max_each = max_each
        self._present: dict[Connection, Listener] = {}
        self._of: dict[str, dict[Connection, str]] = {}
        self._address: dict[Connection, str] = {}

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
            self._send_one_away(
                mine,
                f"All {self._max_each} connections of {address} are at work (wyoming.max_connections_per_address)",
            )
        elif len(self._present) >= self._max_all:
            self._send_one_away(self._present, f"All {self._max_all} connections are at work (wyoming.max_connections)")

    def come(self, connection: Connection, address: str, listener: Listener) -> None:
        """Somebody is inside now."""
        self._present[connection] = listener
        self._of.setdefault(address, {})[connection] = address
        self._address[connection] = address

    def gone(self, connection: Connection) -> None:
        """Somebody has closed its end."""
        self._forget(connection)
        self._address.pop(connection, None)

    def _send_one_away(self, among: Mapping[Connection, object], otherwise: str) -> None:
        idle = ((since, one) for one in among if (since := one.idle_since) is not None)
        _, longest = min(idle, key=itemgetter(0), default=(0.0, None))
        if longest is None:
            raise BusyError(otherwise)
        self._forget(longest)
        longest.close()

    def _forget(self, connection: Connection) -> None:
        self._present.pop(connection, None)
        address = self._address.get(connection, "")
        mine = self._of.get(address, {})
        mine.pop(connection, None)
        if not mine:
            self._of.pop(address, None)
