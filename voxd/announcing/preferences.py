"""Preferences: what people chose for the house while it runs, kept over restarts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from voxd.lib.kept import KeptFile
from voxd.model.identifiers import VoiceId, ZoneId

RATE_MIN, RATE_MAX = 0.5, 2.0
VOLUME_MAX = 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """What holds where an announcement is silent about it; None, and a zone that is missing: as the owner has it.

    `chime` is a name, and False for no chime; `volume` is in percent, and takes the place of the zone's own.
    """

    voice: VoiceId | None = None
    chime: str | Literal[False] | None = None
    rate: float | None = None
    volume: Mapping[ZoneId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to hold from now on: only what is `named` changes, and None there goes back to the owner's settings.

    The words are voice, chime, rate and volume; the volume is that of `zones`.
    """

    named: frozenset[str]
    voice: VoiceId | None = None
    chime: str | Literal[False] | None = None
    rate: float | None = None
    volume: int | None = None
    zones: tuple[ZoneId, ...] = ()


class Preferences:
    """They hold at once. A disk that refuses them is told of once, and tried again with the next choice."""

    def __init__(self, file: Path) -> None:
        self._file = KeptFile(file, "What people chose", "the settings hold")
        self.chosen = Chosen()

    async def load(self) -> None:
        """Read what was kept; a file that cannot be read is told of, and the owner's settings hold then."""
        if (kept := await self._file.read(_understood)) is not None:
            self.chosen = kept

    def choose(self, choice: Choice) -> None:
        """Have that hold from now on; `keep` must follow."""
        before = self.chosen
        self.chosen = Chosen(
            choice.voice if "voice" in choice.named else before.voice,
            choice.chime if "chime" in choice.named else before.chime,
            choice.rate if "rate" in choice.named else before.rate,
            _with_volume(before.volume, choice.zones, choice.volume) if "volume" in choice.named else before.volume,
        )

    async def keep(self) -> None:
        """Have it outlive a restart."""
        await self._file.write(self._content)

    async def settle(self) -> None:
        """Wait until all that was chosen is kept."""
        await self._file.settle()

    def _content(self) -> object:
        chosen = self.chosen
        return {"voice": chosen.voice, "chime": chosen.chime, "rate": chosen.rate, "volume": dict(chosen.volume)}


def _with_volume(before: Mapping[ZoneId, int], zones: Iterable[ZoneId], volume: int | None) -> Mapping[ZoneId, int]:
    named = frozenset(zones)
    others = {zone: percent for zone, percent in before.items() if zone not in named}
    return others if volume is None else others | dict.fromkeys(sorted(named), volume)


def _understood(kept: Any) -> Chosen:
    """Raises ValueError and its like where it is not what `_content` wrote."""
    found = Chosen(kept["voice"], kept["chime"], kept["rate"], dict(kept["volume"]))
    match found:
        case Chosen(str() | None, str() | False | None, int() | float() | None, _):
            pass
        case _:
            raise ValueError("it is of another kind")
    if found.rate is not None and not RATE_MIN <= found.rate <= RATE_MAX:
        raise ValueError("the rate is none")
    volume = {ZoneId(str(zone)): int(percent) for zone, percent in found.volume.items()}
    if not all(0 <= percent <= VOLUME_MAX for percent in volume.values()):
        raise ValueError("a volume is none")
    return replace(found, volume=volume)
