"""A zone: a named place in the house, and what makes sound there."""

from dataclasses import dataclass

from voxd.delivery.ducking import Ducking
from voxd.delivery.output import Output
from voxd.model.identifiers import ZoneId


@dataclass(frozen=True, slots=True)
class Zone:
    """Its outputs play together; where none of them can, `stand_in` is the zone that speaks instead."""

    id: ZoneId
    outputs: tuple[Output, ...]
    stand_in: ZoneId | None = None
    ducking: Ducking | None = None
