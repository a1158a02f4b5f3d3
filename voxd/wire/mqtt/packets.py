"""What arrives from a broker and what goes out to it, without paho's types."""

from collections.abc import Callable
from dataclasses import dataclass

from voxd.errors import BadRequestError

TOPIC_BYTES_MAX = 1024
"""Longer topics than this are nobody's; the protocol would allow 65,535 bytes."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A publication that the broker delivered to us.

    `packet_id` and `connection` tell what an acknowledgement belongs to; `expiry_s` is what was left of the
    publisher's message expiry interval; `received_at` is in seconds since the epoch, `arrived_s` the same moment by a
    clock that nobody sets (CLOCK_BOOTTIME).
    """

    topic: str
    payload: bytes
    qos: int
    packet_id: int
    again: bool
    connection: int
    received_at: float
    response_topic: str | None = None
    correlation: bytes | None = None
    expiry_s: int | None = None
    arrived_s: float = 0.0

    @property
    def fingerprint(self) -> int:
        """Tells two deliveries apart that carry the same packet identifier; good within this process."""
        return hash((self.packet_id, self.topic, self.payload))


@dataclass(frozen=True, slots=True)
class Publication:
    """Something to publish, at QoS 1. `correlation` and `content_type` travel as MQTT 5 properties."""

    topic: str
    payload: bytes
    retain: bool = False
    content_type: str | None = None
    correlation: bytes | None = None

    @property
    def size_bytes(self) -> int:
        """About what the packet takes on the wire, rather more than less."""
        return len(self.payload) + 4 * len(self.topic) + len(self.correlation or b"") + 64


Publish = Callable[[Publication], None]
"""Publishes now, or when there is a connection."""


def check_topic(topic: str) -> None:
    """Refuse, with BadRequestError, a topic that nobody can publish to."""
    try:
        size = len(topic.encode())
    except UnicodeEncodeError:
        raise BadRequestError("A topic must be valid Unicode text") from None
    if not 0 < size <= TOPIC_BYTES_MAX:
        raise BadRequestError(f"A topic must have 1 to {TOPIC_BYTES_MAX} bytes")
    if any(sign in topic for sign in "+#\0"):
        raise BadRequestError("A topic to publish to must hold neither + nor # nor a NUL")
