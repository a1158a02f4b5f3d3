"""Who may have how much said and played: a bound for each site."""

from voxd.frontends.limit import Limit, Told
from voxd.frontends.mqtt.backlog import Backlog
from voxd.settings.section import RateSettings

QUIETLY = ""
"""It is refused like those before it, of which somebody was told."""


class Gate:
    """Counts what is asked of each site. What comes again passed before."""

    def __init__(self, rate: RateSettings, thing: str, tell: Told) -> None:
        self._limit = Limit(rate, thing, "mqtt.rate", tell)
        self._backlog = Backlog()

    def connected(self) -> None:
        """What the broker kept for us comes now."""
        self._backlog.begin()

    def verdict(self, sites: tuple[str, ...], *, again: bool = False) -> str | None:
        """None where it may pass; else why not, QUIETLY where that was said before."""
        self._backlog.go_on()
        for door in map(door_of, sites):
            if not (again or self._limit.allows(door) or self._backlog.allows(door)):
                return self._limit.turn_away(door) or QUIETLY
        return None

    def close(self) -> None:
        """Tell of floods that are not over."""
        self._limit.close()


def door_of(*sites: str) -> str:
    """Where it came in, as the source of an announcement."""
    return f"hermes/{','.join(sites)}"[:64]
