"""A zone: a named place in the house, and what makes sound there."""

from dataclasses import dataclass

from voxd.delivery.output import Output
from voxd.model.identifiers import ZoneId


@dataclass(frozen=True, slots=True)
class Zone:
    """`volume` (0-100 percent) is the loudest the zone gets: an announcement's own volume is a part of it."""

    id: ZoneId
    outputs: tuple[Output, ...]
    volume: int = 100

    def volume_for(self, announcement_percent: int | None) -> float:
        """How loud an announcement is here, in percent; without a volume of its own it is as loud as it may be."""
        return self.volume * (100 if announcement_percent is None else announcement_percent) / 100
