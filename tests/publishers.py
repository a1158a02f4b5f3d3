"""Publishers that remember which of their words the broker has acknowledged, whatever becomes of it and of them."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from brokers import publish_properties
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

FIRST_CONNECT_S = 10.0
NODE_TOPIC = "voxd/here"


class Publisher:
    """An MQTT 5 client that announces words with QoS 1; paho sends again what was not acknowledged, with its id."""

    def __init__(self, port: int, name: str, in_flight: int = 20) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.max_queued_messages_set(0)
        self._client.max_inflight_messages_set(in_flight)
        self._client.reconnect_delay_set(0.05, 0.2)  # type: ignore[arg-type]  # paho only waits so long
        self._port = port
        self._words: dict[int, str] = {}
        self._confirmed: list[tuple[int, float]] = []
        self._client.on_publish = lambda _client, _data, mid, *_: self._confirmed.append((mid, time.monotonic()))

    def __enter__(self) -> Self:
        up = threading.Event()
        self._client.on_connect = lambda *_: up.set()
        self._client.connect("127.0.0.1", self._port, clean_start=False)
        self._client.loop_start()
        assert up.wait(FIRST_CONNECT_S), "the broker does not answer"
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        client = self._client
        client.on_connect = client.on_publish = None

    def publish(self, topic: str, word: str, payload: str, **properties: Any) -> None:
        """Send it now, or when there is a connection."""
        sent = self._client.publish(topic, payload, 1, False, publish_properties(properties))
        assert sent.mid not in self._words, "packet identifiers are used up"
        self._words[sent.mid] = word

    def repeat(self, topic: str, payload: str) -> None:
        """Send the same again, marked as a duplicate; no word of the broker on it is noted."""
        self._client._send_publish(self._client._mid_generate(), topic.encode(), payload.encode(), 1, dup=True)

    @property
    def published(self) -> set[str]:
        """The words that were sent or wait to be."""
        return set(self._words.values())

    @property
    def acknowledged(self) -> set[str]:
        """The words that the broker has taken over."""
        return set(self.acknowledged_at_s)

    @property
    def acknowledged_at_s(self) -> dict[str, float]:
        """When they were, on CLOCK_MONOTONIC."""
        return {self._words[mid]: at_s for mid, at_s in tuple(self._confirmed) if mid in self._words}

    @property
    def all_acknowledged(self) -> bool:
        """Whether nothing is on its way any more."""
        return len(self._confirmed) >= len(self._words)


@dataclass(frozen=True)
class Wish:
    """A word to be announced, on which topic, and with what beside it; `named`: its id is the word."""

    word: str
    topic: str = f"{NODE_TOPIC}/say"
    named: bool = True
    zone: str | None = None

    @property
    def payload(self) -> str:
        """What is published."""
        asked = {"text": self.word, "id": self.word if self.named else None, "zones": self.zone}
        return json.dumps({key: value for key, value in asked.items() if value is not None})


@contextmanager
def publishing(
    publishers: list[Publisher], wishes: Iterator[Wish], per_s: float, until: Callable[[], bool] = lambda: False
) -> Iterator[threading.Thread]:
    """Publish the wishes in turn by all publishers, evenly, in a thread, until there are no more."""
    stopping = threading.Event()

    def publish() -> None:
        due_s = time.monotonic()
        for number, wish in enumerate(wishes):
            if stopping.is_set():
                return
            publishers[number % len(publishers)].publish(wish.topic, wish.word, wish.payload)
            due_s += 1 / per_s
            time.sleep(max(0.0, due_s - time.monotonic()))

    thread = threading.Thread(target=publish, name="publishing")
    thread.start()
    try:
        yield thread
    finally:
        stopping.set()
        thread.join()
