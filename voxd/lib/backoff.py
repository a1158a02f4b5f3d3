"""How long to wait before trying again."""

import random
from collections.abc import Callable


class Backoff:
    """Waits that double from `first_s` to `cap_s`, jittered down to half: a house must not knock in step."""

    def __init__(
        self, first_s: float = 0.2, cap_s: float = 30.0, choose: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._first_s = first_s
        self._cap_s = cap_s
        self._choose = choose
        self._next_s = first_s

    def next_s(self) -> float:
        """Seconds to wait before the next try; the one after it waits longer."""
        top, self._next_s = self._next_s, min(self._cap_s, 2 * self._next_s)
        return self._choose(top / 2, top)

    def reset(self) -> None:
        """Begin again with the shortest wait: what was tried has worked for a while."""
        self._next_s = self._first_s
