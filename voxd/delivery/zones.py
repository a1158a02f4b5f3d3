"""A zone: a named place in the house, and what makes sound there."""

from dataclasses import dataclass

from voxd.delivery.output import Output
from voxd.model.identifiers import ZoneId


@dataclass(frozen=True, slots=True)
class Zone:
    """Its outputs play together."""

    id: ZoneId
    outputs: tuple[Output, ...]
