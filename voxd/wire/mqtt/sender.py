"""What goes out to the broker, over all connections: as fast as it confirms, and again what it did not confirm."""

import asyncio
import logging

from voxd.wire.mqtt.connection import Connection
from voxd.wire.mqtt.outbox import Outbox, Parcel
from voxd.wire.mqtt.packets import Publication

log = logging.getLogger(__name__)

TOPICS_WARNED_MAX = 100
IN_FLIGHT_BYTES_MAX = 1024 * 1024
"""With so much on its way nothing more is sent, so that a slow broker finds the rest in the bounded outbox."""


class Sender:
    """Sends what is put, in order, and keeps on the wire only as much as the broker allows."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._connection: Connection | None = None
        self._in_flight: dict[int, Parcel] = {}
        self._in_flight_bytes = 0
        self._all_sent = asyncio.Event()
        self._warned: set[str] = set()
        self._dropped_told = 0

    def put(self, publication: Publication) -> None:
        """Send it now, or when there is a connection."""
        self._all_sent.clear()
        self._outbox.put(publication)
        self._pump()

    def connected(self, connection: Connection) -> None:
        """Send over this connection from now on."""
        self._connection = connection
        self._tell_dropped()
        self._pump()

    def lost(self, *, broke: bool) -> None:
        """The connection is gone; what it did not confirm waits for the next one. `broke`: perhaps because of it."""
        self._connection = None
        for topic in self._outbox.put_back(self._in_flight.values(), suspect=broke):
            self._warn_once(topic, "each time it was sent the connection broke")
        self._in_flight.clear()
        self._in_flight_bytes = 0

    def confirmed(self, packet_id: int, problem: str) -> None:
        """The broker has a publication of ours, or says why not."""
        parcel = self._in_flight.pop(packet_id, None)
        if parcel:
            self._in_flight_bytes -= parcel.publication.size_bytes
            if problem:
                self._warn_once(parcel.publication.topic, problem)
        self._pump()

    async def all_sent(self, timeout_s: float) -> bool:
        """Wait until everything was confirmed; False when it was not in time."""
        self._pump()
        try:
            async with asyncio.timeout(timeout_s):
                return await self._all_sent.wait()
        except TimeoutError:
            return False

    def _pump(self) -> None:
        connection = self._connection
        while connection and self._has_room_on(connection):
            parcel = self._outbox.take()
            if parcel is None:
                break
            self._send(connection, parcel)
        if not self._outbox and not self._in_flight:
            self._all_sent.set()

    def _has_room_on(self, connection: Connection) -> bool:
        few = len(self._in_flight) < connection.in_flight_max and self._in_flight_bytes < IN_FLIGHT_BYTES_MAX
        return few and not connection.ended.done()

    def _send(self, connection: Connection, parcel: Parcel) -> None:
        if not connection.takes(parcel.publication):
            limit = f"larger than the broker's limit of {connection.packet_bytes_max} bytes"
            return self._warn_once(parcel.publication.topic, limit)
        self._in_flight[connection.publish(parcel.publication)] = parcel
        self._in_flight_bytes += parcel.publication.size_bytes
        return None

    def _warn_once(self, topic: str, problem: str) -> None:
        if topic not in self._warned and len(self._warned) < TOPICS_WARNED_MAX:
            self._warned.add(topic)
            log.warning("The MQTT broker did not take what voxd published to %s: %s", topic, problem)

    def _tell_dropped(self) -> None:
        if dropped := self._outbox.dropped - self._dropped_told:
            log.warning("%d publications were given up while the MQTT broker was away", dropped)
            self._dropped_told += dropped
