"""How long an announcement waits that no output could make heard."""

from voxd.announcing.agenda.entry import Silence

AGAIN_AFTER_S = (1.0, 2.0, 5.0, 10.0)


def silence(before: Silence | None, reason: str, now: float, *, progress: bool) -> Silence:
    """What is known after one more try; `progress`: some of it was heard this time, which makes it the first one."""
    if before is None or progress:
        return Silence(now, 1, reason)
    return Silence(before.since, before.tries + 1, reason)


def again_after_s(tries: int) -> float:
    """The pause after so many tries."""
    return AGAIN_AFTER_S[min(tries, len(AGAIN_AFTER_S)) - 1]
