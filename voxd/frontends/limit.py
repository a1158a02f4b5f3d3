"""What each source may ask of one door, and what is told when one asks too much."""

import asyncio
from collections.abc import Callable

from voxd.lib.floods import Flood, Floods
from voxd.lib.rates import Rates
from voxd.settings.section import RateSettings

LOOK_EVERY_S = 1.0
Told = Callable[[str, str], None]


class Limit:
    """The rates of a door's sources. `thing` is what they ask for, in one word; `option` is where the owner sets it.

    A flood is told by whoever turns its first away, and by `tell`, with its source and a sentence, when it is over.
    """

    def __init__(self, settings: RateSettings, thing: str, option: str, tell: Told) -> None:
        self._per_s = settings.per_s or 0.0
        self._rates = Rates(settings.per_s, settings.burst)
        self._thing = thing
        self._option = option
        self._tell = tell
        self._floods = Floods()
        self._timer: asyncio.TimerHandle | None = None

    def allows(self, source: str) -> bool:
        """Whether the source may ask once more now; if so, that is counted."""
        return self._rates.allow(source)

    def turn_away(self, source: str) -> str:
        """Count one that is turned away: why, where a flood begins with it, and nothing for all after that."""
        is_first = self._floods.count(source)
        if self._timer is None:
            self._look_later()
        if not is_first:
            return ""
        return f"{source} asks for more than {self._per_s:g} {self._thing}s a second; what is too much is refused"

    def close(self) -> None:
        """Tell of what is not over, and be silent from now on."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._tell_all(self._floods.all())

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        self._timer = None
        self._tell_all(self._floods.over())
        if len(self._floods):
            self._look_later()

    def _tell_all(self, floods: tuple[Flood, ...]) -> None:
        for flood in floods:
            self._tell(flood.source, self._summed_up(flood))

    def _summed_up(self, flood: Flood) -> str:
        things = self._thing if flood.count == 1 else f"{self._thing}s"
        within = f"{flood.count:,} {things} refused in {max(1, round(flood.lasted_s))} s"
        return f"{flood.source}: {within}: more than {self._per_s:g} a second ({self._option})"
