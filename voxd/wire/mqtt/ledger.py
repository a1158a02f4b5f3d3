"""What became of deliveries, so that one which comes again is not taken for a new one."""

from collections import OrderedDict
from enum import Enum, auto

from voxd.wire.mqtt.packets import Delivery


class Standing(Enum):
    """What is known of an arriving delivery."""

    NEW = auto()
    OPEN = auto()
    DONE = auto()


class Ledger:
    """Remembers the deliveries being worked on and the last `done_max` that were done with.

    A broker sends again, marked so, whatever it saw no acknowledgement for when a connection broke. Within the
    life of a session the packet identifier tells which one it is; the fingerprint guards against its reuse.
    """

    def __init__(self, done_max: int) -> None:
        self._done_max = done_max
        self._open: dict[int, int] = {}
        self._done: OrderedDict[int, None] = OrderedDict()

    def standing(self, delivery: Delivery) -> Standing:
        """Whether it is new, still worked on, or done with and only to be acknowledged once more."""
        if not delivery.again:
            # Its identifier is free again, so what was done under it is over for the broker, too. Should this one be
            # lost unread and come again, it must not be taken for that other one.
            self._done.pop(delivery.fingerprint, None)
            return Standing.NEW
        if delivery.fingerprint in self._open:
            self._open[delivery.fingerprint] = delivery.connection
            return Standing.OPEN
        return Standing.DONE if delivery.fingerprint in self._done else Standing.NEW

    def open(self, delivery: Delivery) -> None:
        """Work on it begins."""
        self._open[delivery.fingerprint] = delivery.connection

    def done(self, delivery: Delivery) -> int:
        """Work on it is over; the connection on which it was delivered last."""
        connection = self._open.pop(delivery.fingerprint, delivery.connection)
        self._done[delivery.fingerprint] = None
        self._done.move_to_end(delivery.fingerprint)
        while len(self._done) > self._done_max:
            self._done.popitem(last=False)
        return connection

    def give_back(self, delivery: Delivery) -> int:
        """It was not taken over: when it comes again, it is new; the connection on which it was delivered last."""
        return self._open.pop(delivery.fingerprint, delivery.connection)

    def forget(self) -> None:
        """The broker has lost the session, and with it what packet identifiers meant."""
        self._open.clear()
        self._done.clear()
