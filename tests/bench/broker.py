"""A private mosquitto, and the publisher that both receivers get their announcements from."""

import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from .children import BenchError, Child
from .places import KEPT, free_port

TIMEOUT_S = 20.0
CONFIG = """listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
"""


@contextmanager
def mosquitto() -> Iterator[int]:
    """A running broker: its port."""
    port = free_port()
    config = KEPT / "mosquitto.conf"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(CONFIG.format(port=port))
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    with Child("mosquitto", (program, "-c", config)) as process:
        process.wait_for_port(port)
        yield port


class Publisher:
    """One client of the broker, driven by its caller alone: publishing writes to the socket at once."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_socket_open = _without_delay
        self._client.on_message = self._take
        self._client.on_unsubscribe = self._note_unsubscribed
        self._seen: dict[str, bytes] = {}
        self._unsubscribed = False

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port)
        self._drive_until(self._client.is_connected, "connect")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()

    def publish(self, topic: str, payload: str) -> int:
        """Publish with QoS 1; the monotonic clock, in ns, just before."""
        before_ns = time.monotonic_ns()
        published = self._client.publish(topic, payload, qos=1)
        self._drive_until(published.is_published, "publish")
        return before_ns

    def wait_for(self, topic: str, payload: bytes) -> None:
        """Return once `topic` holds `payload`, now (retained) or later."""
        self._seen.pop(topic, None)
        self._client.subscribe(topic, qos=1)
        self._drive_until(lambda: self._seen.get(topic) == payload, f"see {payload!r} on {topic}")
        self._unsubscribed = False
        self._client.unsubscribe(topic)
        self._drive_until(lambda: self._unsubscribed, "unsubscribe")

    def _note_unsubscribed(self, *_: object) -> None:
        self._unsubscribed = True

    def _take(self, _client: Client, _userdata: object, arrived: MQTTMessage) -> None:
        self._seen[arrived.topic] = bytes(arrived.payload)

    def _drive_until(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while not done():
            self._client.loop(0.02)
            if time.monotonic() > deadline:
                raise BenchError(f"The publisher could not {what} within {TIMEOUT_S:g} s")


def _without_delay(_client: Client, _userdata: object, sock: object) -> None:
    """Nothing waits on our side for what was sent before it to be confirmed."""
    assert isinstance(sock, socket.socket)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
