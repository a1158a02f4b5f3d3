"""What other servers say about the sound they send."""

from dataclasses import dataclass
from typing import Any

from wyoming.event import Event

from voxd.errors import ProtocolError

_BOUNDS = {"rate": (1_000, 384_000), "width": (1, 4), "channels": (1, 8)}


@dataclass(frozen=True, slots=True)
class WireFormat:
    """How PCM on the wire is to be read: `width` is in bytes a sample; little endian, channels interleaved."""

    rate_hz: int
    width: int
    channels: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame: one sample for each channel."""
        return self.width * self.channels


def wire_format(event: Event) -> WireFormat:
    """The format in an audio-start or audio-chunk event. Raises ProtocolError."""
    return WireFormat(*(_checked(event, key, least, most) for key, (least, most) in _BOUNDS.items()))


def _checked(event: Event, key: str, least: int, most: int) -> int:
    value: Any = event.data.get(key)
    if type(value) is not int or not least <= value <= most:
        raise ProtocolError(f"{key!r} of {event.type} must be a whole number from {least} to {most}")
    return value
