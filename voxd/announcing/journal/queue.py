"""The queue before the journal's thread: what waits together is worked off together."""

import queue
import time
from contextlib import suppress

from voxd.announcing.journal.orders import Entry, Jotted, Order

BATCH_MAX = 1000
BATCH_CHARS_MAX = 1_000_000
"""What is written together is kept in SQLite's log until it is whole."""
LINGER_S = 0.01


class OrderQueue:
    """Orders come in from any thread and are gathered by one. None asks for the end."""

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()

    def put(self, order: Order | None) -> None:
        """Have something done, in the order of the calls."""
        self._orders.put(order)

    def gathered(self, patience_s: float) -> list[Order | None]:
        """What waits now, or the first that comes; nothing when patience ends.

        Notes alone have a little time, so that they share a commit; whoever waits for one has not.
        """
        try:
            batch = [self._orders.get(timeout=patience_s)]
        except queue.Empty:
            return []
        until = time.monotonic() + LINGER_S
        size = _chars(batch[0])
        with suppress(queue.Empty):
            while len(batch) < BATCH_MAX and size < BATCH_CHARS_MAX:
                if not _may_linger(batch[-1]):
                    until = 0.0
                batch.append(self._orders.get(timeout=max(0.0, until - time.monotonic())))
                size += _chars(batch[-1])
        return batch


def _may_linger(order: Order | None) -> bool:
    """Whether nobody waits for it."""
    return isinstance(order, Jotted) and order.done is None


def _chars(order: Order | None) -> int:
    """How much it writes, about."""
    return len(str(order.values["content"])) if isinstance(order, Entry) else 0
