"""When to connect again: soon, for ever, and more and more rarely where somebody else uses our identifier."""

from voxd.lib.backoff import Backoff
from voxd.wire.mqtt.reasons import BREAKS_AGAIN, Ending

RETRY_MAX_S = 3.0
"""No more between two tries, so that the house is back within 5 s when the network is."""
CLOSED_MAX = 4
"""This many short connections in a row that the broker closed are no accident."""
RIVAL_FIRST_S = 4.0
CALM_FACTOR = 4
"""The fight is over when a connection has lasted so many times as long as we kept out of it."""


class Redialling:
    """Judges each connection by those before it.

    A network that fails breaks connections, or lets none be made; a broker closes the connection of whoever was taken
    over, orderly, and lets them in again. Two that take one another over draw back from 4 s up to `rival_wait_s`.
    """

    def __init__(self, stable_after_s: float, rival_wait_s: float) -> None:
        self._stable_after_s = stable_after_s
        self._waits = Backoff(cap_s=RETRY_MAX_S)
        self._rival_wait_s = rival_wait_s
        self._rival_waits = self._from_the_first()
        self._closed = 0
        self._kept_out_s = 0.0

    def judged(self, ending: Ending, lasted_s: float) -> tuple[Ending, float]:
        """Why the connection ended, seen together with those before it, and seconds to wait before the next.

        `lasted_s` is 0 where there never was one.
        """
        if lasted_s >= self._stable_after_s:
            self._waits.reset()
        wait_s = self._waits.next_s()
        if not self._is_fight(ending, lasted_s):
            return ending, wait_s
        self._kept_out_s = self._rival_waits.next_s()
        return (ending if ending.taken_over else BREAKS_AGAIN), wait_s + self._kept_out_s

    def _is_fight(self, ending: Ending, lasted_s: float) -> bool:
        calm = lasted_s >= self._stable_after_s + CALM_FACTOR * self._kept_out_s
        if calm or not lasted_s or not (ending.closed or ending.taken_over):
            self._forget_rival()
        if lasted_s and (ending.closed or ending.taken_over):
            self._closed += 1
        return ending.taken_over or self._closed >= CLOSED_MAX

    def _forget_rival(self) -> None:
        self._closed = 0
        self._kept_out_s = 0.0
        self._rival_waits = self._from_the_first()

    def _from_the_first(self) -> Backoff:
        return Backoff(min(RIVAL_FIRST_S, self._rival_wait_s), self._rival_wait_s)
