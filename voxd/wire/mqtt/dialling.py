"""Making paho's connection: blocking, for a thread of its own."""

import socket
import ssl
from dataclasses import dataclass

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from voxd.settings import MqttSettings
from voxd.settings.section import WantedTlsSettings
from voxd.wire.mqtt.client import TolerantClient
from voxd.wire.mqtt.packets import Publication
from voxd.wire.trust import client_context

RECEIVE_MAXIMUM = 50
"""How many unacknowledged publications the broker may have on their way to us, unless a session wants fewer."""
PACKET_BYTES_MAX = 256 * 1024
"""The broker must not send us anything larger, unless a session takes sounds."""
KEEPALIVE_S = 30
PASSWORD_BYTES_MAX = 60_000


@dataclass(frozen=True, slots=True)
class Takes:
    """What the broker may send us: so many publications that we have not acknowledged, and none larger than that."""

    at_once: int = RECEIVE_MAXIMUM
    packet_bytes: int = PACKET_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a session is at the broker: its lasting name, what it subscribes to, its last will, and what it takes."""

    client_id: str
    topics: tuple[str, ...] = ()
    will: Publication | None = None
    takes: Takes = Takes()


def new_client(identity: Identity) -> TolerantClient:
    """A paho client for one connection: MQTT 5, acknowledging by hand, never reconnecting by itself."""
    client = TolerantClient(
        CallbackAPIVersion.VERSION2,
        client_id=identity.client_id,
        protocol=MQTTProtocolVersion.MQTTv5,
        reconnect_on_failure=False,
        manual_ack=True,
    )
    client.max_inflight_messages_set(0)
    if identity.will:
        will = identity.will
        client.will_set(will.topic, will.payload, 1, will.retain)
    return client


def dial(client: Client, settings: MqttSettings, takes: Takes = Takes()) -> None:
    """Resolve, connect, shake hands and send CONNECT. Raises OSError; reads passwords and certificates afresh."""
    client.username_pw_set(settings.username, _password(settings))
    if settings.tls.enabled:
        client.tls_set_context(_tls_context(settings.tls))
    wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has no types there
    wishes.SessionExpiryInterval = settings.session_expiry_s
    wishes.ReceiveMaximum = takes.at_once
    wishes.MaximumPacketSize = takes.packet_bytes
    client.connect(settings.host, settings.port, KEEPALIVE_S, clean_start=False, properties=wishes)


def without_delay(sock: object) -> None:
    """Send small packets at once: an acknowledgement must not wait for the one before it to be confirmed."""
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _password(settings: MqttSettings) -> str | None:
    if settings.password_file is None:
        return settings.password
    with settings.password_file.open("rb") as file:
        return file.read(PASSWORD_BYTES_MAX).decode("utf-8", "replace").rstrip("\r\n")


def _tls_context(tls: WantedTlsSettings) -> ssl.SSLContext:
    context = client_context(tls)
    context.sslsocket_class = _ClosingSocket
    return context


class _ClosingSocket(ssl.SSLSocket):
    """Closes itself when the handshake fails; paho would leave that to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise
