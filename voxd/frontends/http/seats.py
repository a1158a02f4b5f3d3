"""How many connections there may be, in all and of each address, and who has to leave for somebody new."""

from collections import Counter, OrderedDict
from typing import Protocol


class Seated(Protocol):
    """A connection."""

    def leave(self) -> None:
        """Close it: it was idle longest."""


class Seats:
    """`max_all` of them, and `max_each` for one address."""

    def __init__(self, max_all: int, max_each: int) -> None:
        self._max_all = max_all
        self._max_each = max_each
        self._address: dict[Seated, str] = {}
        self._count: Counter[str] = Counter()
        self._idle: OrderedDict[Seated, None] = OrderedDict()

    def __len__(self) -> int:
        """How many are taken."""
        return len(self._address)

    def take(self, one: Seated, address: str) -> bool:
        """Give somebody a seat, if need be that of whoever is idle longest; False where nobody is."""
        if self._count[address] >= self._max_each:
            if not self._send_away(next((idle for idle in self._idle if self._address[idle] == address), None)):
                return False
        elif len(self._address) >= self._max_all and not self._send_away(next(iter(self._idle), None)):
            return False
        self._address[one] = address
        self._count[address] += 1
        return True

    def idle(self, one: Seated) -> None:
        """Somebody has nothing to do from now on."""
        if one in self._address:
            self._idle[one] = None

    def busy(self, one: Seated) -> None:
        """Somebody has something to do."""
        self._idle.pop(one, None)

    def give_up(self, one: Seated) -> None:
        """A seat is free again; again is harmless."""
        self.busy(one)
        address = self._address.pop(one, None)
        if address is not None:
            self._count[address] -= 1
            if not self._count[address]:
                del self._count[address]

    def _send_away(self, one: Seated | None) -> bool:
        if one is None:
            return False
        self.give_up(one)
        one.leave()
        return True
