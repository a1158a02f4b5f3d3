"""The takes of a text, or another act in their place, in their order, the next ones being made meanwhile."""

from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence

from voxd.announcing.speaking.act import Act


class Takes:
    """Any number of zones may go through them, each at its own pace, and all hear the same.

    Up to `ahead` sentences are begun before their turn.
    """

    def __init__(self, takes: Sequence[Act], ahead: int) -> None:
        self._takes = takes
        self._ahead = ahead

    def __len__(self) -> int:
        return len(self._takes)

    async def each(self, first: int = 0) -> AsyncGenerator[Act, None]:
        """Each take in turn from that number on, held until the next one is asked for.

        Raises EngineError or BusyError where one of them cannot even begin.
        """
        held: deque[Act] = deque()
        coming = iter(self._takes[first:])
        try:
            while True:
                self._begin(coming, held)
                if not held:
                    return
                yield held[0]
                held.popleft().let_go()
        finally:
            for take in held:
                take.let_go()

    def _begin(self, coming: Iterator[Act], held: deque[Act]) -> None:
        for take in held:
            take.caught_up()
        for take in coming:
            take.hold()
            held.append(take)
            if len(held) > self._ahead:
                return
