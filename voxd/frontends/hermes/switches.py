"""Which sites are to be silent: toggleOff and toggleOn of Hermes' audio servers."""

from collections.abc import Iterable


class Switches:
    """Everything is on until it is switched off, and again after a restart, as with Rhasspy."""

    def __init__(self) -> None:
        self._off: set[str] = set()

    def turn(self, sites: Iterable[str], *, on: bool) -> None:
        """Switch these sites on or off."""
        if on:
            self._off.difference_update(sites)
        else:
            self._off.update(sites)

    def on(self, sites: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the sites that are not off."""
        return tuple(site for site in sites if site not in self._off)
