"""Short visits to a broker, blocking: whether it takes us, and how much it would keep for us while we are away."""

import threading
import time
import uuid
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from voxd.errors import VoxdError
from voxd.settings import MqttSettings
from voxd.wire.mqtt.dialling import Identity, dial, new_client
from voxd.wire.mqtt.reasons import ending_of, why_unreachable

ANSWER_TIMEOUT_S = 5.0
QUIET_S = 0.5
"""A broker that delivers nothing for so long has delivered what it had."""


class Visit:
    """A connection to the broker for the length of a `with`. Raises VoxdError with the reason where it takes us not."""

    def __init__(self, settings: MqttSettings, client_id: str, *, session_expiry_s: int = 0) -> None:
        self._settings = settings.model_copy(update={"session_expiry_s": session_expiry_s})
        self._client = new_client(Identity(client_id, topics=()))
        self._client.manual_ack_set(False)
        self._answered = threading.Event()
        self._problem = ""
        self._lock = threading.Lock()
        self._received = 0
        self._heard_at = time.monotonic()

    def __enter__(self) -> "Visit":
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        try:
            dial(self._client, self._settings)
        except (OSError, UnicodeError) as error:
            self._let_go()
            raise VoxdError(why_unreachable(error)) from error
        self._client.loop_start()
        if not self._answered.wait(ANSWER_TIMEOUT_S):
            self._problem = "it does not answer"
        if self._problem:
            self.__exit__()
            raise VoxdError(self._problem)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._let_go()

    def _let_go(self) -> None:
        """Leave no circle behind: paho closes the last of its sockets when its client is forgotten, and not before."""
        self._client.on_connect = self._client.on_message = None

    def subscribe(self, topic: str) -> None:
        """Have the broker keep what is published there."""
        self._client.subscribe(topic, qos=1)
        time.sleep(0.05)

    def publish(self, topic: str, payload: bytes, count: int = 1) -> None:
        """Publish so many times at QoS 1 and wait until the broker has them all. Raises VoxdError."""
        sent = [self._client.publish(topic, payload, qos=1) for _ in range(count)]
        deadline = time.monotonic() + 2 * ANSWER_TIMEOUT_S
        for publication in sent:
            publication.wait_for_publish(max(0.0, deadline - time.monotonic()))
            if not publication.is_published():
                raise VoxdError("the broker did not confirm what was published")

    def count_delivered(self, expected: int) -> int:
        """How many publications the broker delivers until it falls quiet, `expected` at most."""
        while True:
            with self._lock:
                received, heard_at = self._received, self._heard_at
            if received >= expected or time.monotonic() - heard_at > QUIET_S:
                return received
            time.sleep(0.01)

    def _on_connect(
        self, _client: Client, _userdata: Any, _flags: ConnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        if code.is_failure:
            self._problem = ending_of(code.value, code.getName()).reason
        self._answered.set()

    def _on_message(self, _client: Client, _userdata: Any, _message: MQTTMessage) -> None:
        with self._lock:
            self._received += 1
            self._heard_at = time.monotonic()


def check_connection(settings: MqttSettings) -> None:
    """Raises VoxdError with the reason where the broker does not take us."""
    with Visit(settings, f"voxd-check-{uuid.uuid4().hex[:8]}"):
        pass


def kept_while_away(settings: MqttSettings, topic: str, count: int) -> int:
    """How many of `count` announcements the broker keeps for a client that is away.

    Mosquitto's default of `max_queued_messages 1000` drops the rest without a word. Raises VoxdError.
    """
    client_id = f"voxd-check-{uuid.uuid4().hex[:8]}"
    with Visit(settings, client_id, session_expiry_s=60) as visit:
        visit.subscribe(topic)
    with Visit(settings, f"{client_id}-p") as visit:
        visit.publish(topic, b"", count)
    with Visit(settings, client_id) as visit:
        return visit.count_delivered(count)
