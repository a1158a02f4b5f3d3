"""A lasting session at a broker: connected again for ever, acknowledging only what was taken over."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace

from voxd.lib.steps import Steps
from voxd.settings import MqttSettings
from voxd.wire.mqtt.connection import CONNECT_TIMEOUT_S, Connection
from voxd.wire.mqtt.dialling import RECEIVE_MAXIMUM, Identity
from voxd.wire.mqtt.ledger import Ledger, Standing
from voxd.wire.mqtt.outages import OutageLog
from voxd.wire.mqtt.outbox import Outbox
from voxd.wire.mqtt.packets import Delivery, Publication, check_topic
from voxd.wire.mqtt.reasons import Ending
from voxd.wire.mqtt.redialling import Redialling
from voxd.wire.mqtt.sender import Sender

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a session holds at most, and how patient it is."""

    inbox_max: int = 100
    again_after_s: float = 1.0
    outbox_max: int = 10_000
    outbox_bytes_max: int = 64 * 1024 * 1024
    stable_after_s: float = 10.0
    settled_after_s: float = 0.5
    taken_over_wait_s: float = 60.0


class Session:
    """What one client identifier is at the broker, over all its connections.

    `run` keeps it connected; `batches` gives what arrives; each delivery is to be acknowledged with `ack` once
    it is safe, or given back, and then it comes again. `on_connected` is called after each connect, before anything
    else is published.
    """

    def __init__(
        self,
        settings: MqttSettings,
        identity: Identity,
        outages: OutageLog,
        on_connected: Callable[[], None] = lambda: None,
        bounds: Bounds = Bounds(),
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._outages = outages
        self._on_connected = on_connected
        self._bounds = bounds
        self._redialling = Redialling(bounds.stable_after_s, bounds.taken_over_wait_s)
        self._connection: Connection | None = None
        self._connections = 0
        self._connected_at = 0.0
        self._inbox: deque[Delivery] = deque()
        self._held: list[Delivery] = []
        self._arrived = asyncio.Event()
        self._ledger = Ledger(4 * RECEIVE_MAXIMUM)
        self._sender = Sender(Outbox(bounds.outbox_max, bounds.outbox_bytes_max))
        self._taking = True
        self._closing = asyncio.Event()
        self._steps = Steps()

    @property
    def healthy(self) -> bool:
        """Whether it goes on: the broker may be away, but then it is sought, and it is known."""
        return not self._steps.late and (self._connection is None or self._connection.healthy)

    async def run(self) -> None:
        """Stay connected until closed. Cancelling it leaves the connection of the moment to `close`."""
        while not self._closing.is_set():
            self._steps.within(CONNECT_TIMEOUT_S)
            ending, lasted_s = await self._connect_once()
            if self._closing.is_set():
                return
            ending, wait_s = self._redialling.judged(ending, lasted_s)
            self._outages.lost(self._identity.client_id, ending.reason)
            self._steps.within(wait_s)
            await _set_within(self._closing, wait_s)

    async def batches(self) -> AsyncGenerator[list[Delivery], None]:
        """All that has arrived, in order, whenever something has; ends after `stop_taking`.

        What was given back comes first, when something else has arrived or `again_after_s` is over.
        """
        while self._taking:
            if not self._inbox:
                self._arrived.clear()
                await _set_within(self._arrived, self._bounds.again_after_s if self._held else None)
            batch = [*self._held, *self._inbox]
            self._held.clear()
            self._inbox.clear()
            if not batch:
                continue
            for delivery in batch:
                if delivery.qos:
                    self._ledger.open(delivery)
            if self._connection:
                self._connection.resume()
            yield batch

    def ack(self, delivery: Delivery) -> None:
        """It is safe: the broker may forget it. Nothing is sent when its connection is gone; see Ledger."""
        if delivery.qos and self._ledger.done(delivery) == self._number:
            self._acknowledge(delivery)

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        """They could not be taken over: hold them until they are tried again, and leave them to the broker meanwhile.

        It keeps what is not acknowledged, and sends no more than it may have in flight; the connection stays. What has
        QoS 0 nobody else keeps, so that too much of it is lost, and told.
        """
        for delivery in deliveries:
            last_seen = self._ledger.give_back(delivery)
            if not delivery.qos:
                self._held.append(delivery)
            elif last_seen == self._number:  # else the broker delivers it again, if it has not begun to
                self._held.append(replace(delivery, connection=last_seen))
        excess = max(0, len(self._held) - self._bounds.inbox_max)
        lost = [delivery for delivery in self._held if not delivery.qos][:excess]
        if lost:
            log.error("Lost %d publications of QoS 0 that could not be taken over", len(lost))
            self._held = [delivery for delivery in self._held if delivery not in lost]

    def publish(self, publication: Publication) -> None:
        """Publish now, or when there is a connection. Raises BadRequestError for an impossible topic."""
        check_topic(publication.topic)
        self._sender.put(publication)

    def fits(self, publication: Publication) -> bool:
        """Whether the broker takes anything so large, as far as it is known."""
        return self._connection is None or self._connection.takes(publication)

    def stop_taking(self) -> None:
        """Leave to the broker whatever has not begun; `batches` ends."""
        self._taking = False
        self._inbox.clear()
        self._held.clear()
        self._arrived.set()

    async def close(self, timeout_s: float) -> None:
        """Send what waits, as far as time allows, say goodbye and end; `run` returns."""
        self.stop_taking()
        self._closing.set()
        connection = self._connection
        if connection is None:
            return
        if not connection.ended.done():
            await self._sender.all_sent(timeout_s)
            await connection.close(timeout_s / 2)
        self._lost(connection)

    # What the connection tells.

    def connected(self, connection: Connection) -> None:
        """Begin to work over this connection."""
        if not connection.session_present:
            self._ledger.forget()
        self._connection = connection
        self._connected_at = asyncio.get_running_loop().time()
        self._on_connected()
        self._sender.connected(connection)

    def delivered(self, delivery: Delivery) -> None:
        """Take in what arrived, unless it was taken over before."""
        if not self._taking:
            return
        standing = self._ledger.standing(delivery) if delivery.qos else Standing.NEW
        if standing is Standing.DONE:
            self._acknowledge(delivery)
        if standing is not Standing.NEW:
            return
        self._inbox.append(delivery)
        self._arrived.set()
        if len(self._inbox) >= self._bounds.inbox_max and self._connection:
            self._connection.pause()

    def unmatched(self, packet_id: int) -> None:
        """Nothing to be done: what is published to nobody is not missed."""

    def confirmed(self, packet_id: int, problem: str) -> None:
        """Send on: the broker has a publication of ours, or says why not."""
        self._sender.confirmed(packet_id, problem)

    # Inside.

    @property
    def _number(self) -> int:
        return self._connection.number if self._connection else -1

    def _acknowledge(self, delivery: Delivery) -> None:
        if self._connection:
            self._connection.acknowledge(delivery.packet_id)

    async def _connect_once(self) -> tuple[Ending, float]:
        """One connection from beginning to end: why it ended and how many seconds it lasted, 0 if it never was."""
        loop = asyncio.get_running_loop()
        self._connections += 1
        self._connected_at = loop.time()
        connection = Connection(self._settings, self._identity, self, self._connections)
        if await connection.open():
            await self._until_ended(connection)
        was_connected = self._connection is connection
        self._lost(connection)
        return connection.ended.result(), loop.time() - self._connected_at if was_connected else 0.0

    async def _until_ended(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        settled = loop.call_later(self._bounds.settled_after_s, self._outages.connected, self._identity.client_id)
        self._steps.whenever()
        connection.ended.add_done_callback(lambda _: self._steps.within(0.0))
        try:
            await asyncio.wait([connection.ended])
        finally:
            settled.cancel()

    def _lost(self, connection: Connection) -> None:
        if self._connection is not connection:
            return
        self._connection = None
        self._sender.lost(broke=connection.ended.result().broke)
        self._inbox = deque(delivery for delivery in self._inbox if not delivery.qos)  # the others come again
        self._held = [delivery for delivery in self._held if not delivery.qos]


async def _set_within(event: asyncio.Event, timeout_s: float | None) -> bool:
    try:
        async with asyncio.timeout(timeout_s):
            return await event.wait()
    except TimeoutError:
        return False
