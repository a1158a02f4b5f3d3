"""One connection to a broker, from CONNECT to its end: paho driven by the event loop."""

import asyncio
import logging
import time
from typing import Any, Protocol

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from voxd.lib.threads import in_daemon_thread
from voxd.settings import MqttSettings
from voxd.wire.mqtt.dialling import Identity, dial, new_client, without_delay
from voxd.wire.mqtt.driver import Driver
from voxd.wire.mqtt.packets import Delivery, Publication
from voxd.wire.mqtt.reasons import Ending, broken_off, ending_of, why_unreachable

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 10.0
IN_FLIGHT_MAX = 50
NO_MATCHING_SUBSCRIBERS = 0x10
"""MQTT 5, section 3.4.2.1; a broker may say success instead."""


class Listener(Protocol):
    """Who is told what happens on a connection."""

    def connected(self, connection: "Connection") -> None:
        """The broker has let us in; what it has for us comes next."""

    def delivered(self, delivery: Delivery) -> None:
        """A publication arrived."""

    def unmatched(self, packet_id: int) -> None:
        """Nobody has subscribed to a publication of ours, says the broker, which `confirmed` follows."""

    def confirmed(self, packet_id: int, problem: str) -> None:
        """The broker has a publication of ours; `problem` is empty unless it would not have it."""


class Connection:
    """Open it once; when `ended` is done it is of no use any more. `number` tells it from all others."""

    def __init__(self, settings: MqttSettings, identity: Identity, listener: Listener, number: int) -> None:
        self.number = number
        self.session_present = False
        self.in_flight_max = IN_FLIGHT_MAX
        self.packet_bytes_max: int | None = None
        self._settings = settings
        self._identity = identity
        self._listener = listener
        self._client = new_client(identity)
        self._driver = Driver(self._client)
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._answered = asyncio.Event()
        self._abandoned = False

    @property
    def healthy(self) -> bool:
        """Whether it is served; the broker may be gone, which it then learns."""
        return self._driver.healthy

    async def open(self) -> bool:
        """Connect and subscribe; False when that failed and `ended` tells why. Cancelled: abandoned."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                self._client.on_socket_open = self._opened
                await self._dial()
                await self._answered.wait()
        except (OSError, UnicodeError) as error:  # TimeoutError is an OSError
            self.abort(Ending(why_unreachable(error)))
        except BaseException:
            self.abort(Ending("given up"))
            raise
        return not self.ended.done()

    def acknowledge(self, packet_id: int) -> None:
        """Tell the broker that we have taken a delivery over."""
        self._client.ack(packet_id, 1)

    def takes(self, publication: Publication) -> bool:
        """Whether the broker allows anything so large."""
        return self.packet_bytes_max is None or publication.size_bytes <= self.packet_bytes_max

    def publish(self, publication: Publication) -> int:
        """Send a publication; the packet identifier it will be confirmed by."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho has no types there
        if publication.content_type is not None:
            properties.ContentType = publication.content_type
        if publication.correlation is not None:
            properties.CorrelationData = publication.correlation
        sent = self._client.publish(publication.topic, publication.payload, 1, publication.retain, properties)
        return sent.mid

    def pause(self) -> None:
        """Read nothing more until resume, so that the broker keeps what is to come."""
        self._driver.pause()

    def resume(self) -> None:
        """Read again."""
        self._driver.resume()

    async def close(self, timeout_s: float) -> None:
        """Say goodbye, so that no last will is published, and end."""
        if not self.ended.done():
            self.resume()
            self._client.disconnect()
            await asyncio.wait([self.ended], timeout=timeout_s)
        self.abort(Ending("closed"))

    def abort(self, ending: Ending) -> None:
        """End at once, without a goodbye."""
        self._abandoned = True
        self._end(ending)
        self._driver.break_off()

    async def _dial(self) -> None:
        dialling = asyncio.ensure_future(
            in_daemon_thread(
                lambda: dial(self._client, self._settings, self._identity.takes), f"dial {self._identity.client_id}"
            )
        )
        try:
            first: tuple[asyncio.Future[Any], ...] = (dialling, self.ended)
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if not self.ended.done():
                dialling.result()
                self._attach()
        finally:
            dialling.cancel()

    def _opened(self, _client: Client, _userdata: Any, sock: Any) -> None:
        # Runs in the dialling thread. A late one must not take the session from the connection that came after it.
        if self._abandoned:
            sock.close()
            raise ConnectionAbortedError("too late")
        without_delay(sock)

    def _attach(self) -> None:
        client = self._client
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        if not self._driver.start():
            self._end(Ending("it closed the connection at once"))

    def _end(self, ending: Ending) -> None:
        if not self.ended.done():
            self.ended.set_result(ending)
        self._answered.set()

    def _on_connect(
        self, client: Client, _userdata: Any, flags: ConnectFlags, code: ReasonCode, properties: Properties | None
    ) -> None:
        if code.is_failure:
            return self._end(ending_of(code.value, code.getName()))
        self.session_present = flags.session_present
        self.in_flight_max = min(IN_FLIGHT_MAX, getattr(properties, "ReceiveMaximum", IN_FLIGHT_MAX))
        self.packet_bytes_max = getattr(properties, "MaximumPacketSize", None)
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        client.subscribe([(topic, options) for topic in self._identity.topics])
        self._listener.connected(self)  # after that, so that who is told that we are here is heard
        return self._answered.set()

    def _on_disconnect(
        self, _client: Client, _userdata: Any, flags: DisconnectFlags, code: ReasonCode, _properties: Any
    ) -> None:
        by_broker = flags.is_disconnect_packet_from_server
        self._end(ending_of(code.value, code.getName()) if by_broker else self._broken_off(code))

    def _broken_off(self, code: ReasonCode) -> Ending:
        return broken_off(code.value, closed=self._client.was_closed)

    def _on_subscribe(self, _client: Client, _userdata: Any, _mid: int, codes: list[ReasonCode], _: Any) -> None:
        for topic, code in zip(self._identity.topics, codes, strict=False):
            if code.is_failure:
                log.error("The MQTT broker does not let voxd subscribe to %s: %s", topic, code.getName())

    def _on_publish(self, _client: Client, _userdata: Any, mid: int, code: ReasonCode, _properties: Any) -> None:
        if code.value == NO_MATCHING_SUBSCRIBERS:
            self._listener.unmatched(mid)
        self._listener.confirmed(mid, code.getName() if code.is_failure else "")

    def _on_message(self, client: Client, _userdata: Any, arrived: MQTTMessage) -> None:
        delivery = _delivery(arrived, self.number)
        if delivery is not None:
            return self._listener.delivered(delivery)
        if arrived.qos:
            client.ack(arrived.mid, arrived.qos)
        return None


def _delivery(arrived: MQTTMessage, connection: int) -> Delivery | None:
    """What arrived, None when it is nothing for us: an old command kept by the broker, or a broken topic."""
    if arrived.retain:
        log.warning("Ignored a retained publication: commands are only obeyed when they are fresh")
        return None
    try:
        topic = arrived.topic
    except UnicodeDecodeError:
        log.warning("Ignored a publication whose topic is not UTF-8")
        return None
    properties = arrived.properties
    return Delivery(
        topic=topic,
        payload=bytes(arrived.payload),
        qos=arrived.qos,
        packet_id=arrived.mid,
        again=arrived.dup,
        connection=connection,
        received_at=time.time(),
        arrived_s=time.clock_gettime(time.CLOCK_BOOTTIME),
        response_topic=getattr(properties, "ResponseTopic", None),
        correlation=getattr(properties, "CorrelationData", None),
        expiry_s=getattr(properties, "MessageExpiryInterval", None),
    )
