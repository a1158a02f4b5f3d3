"""A Hermes audio server for tests: a client of a real broker that "plays" WAV files in real time, with quirks."""

import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from voxd.audio.wav import parse
from voxd.model.audio import Chunk

Answer = Literal["id", "no id", "wrong id", "nothing", "error", "at once"]


@dataclass
class AudioServer:
    """What came to one site; `answer` is what it says when it has played, `late_s` how long after that."""

    site: str = "kitchen"
    answer: Answer = "id"
    late_s: float = 0.0
    played: list[Chunk] = field(default_factory=list)
    begun_at: list[float] = field(default_factory=list)

    @property
    def pcm(self) -> bytes:
        """All of it, one after the other, without what only asks whether somebody is there."""
        return b"".join(chunk.pcm for chunk in self.played if any(chunk.pcm))

    def play(self, message: MQTTMessage, client: Client) -> None:
        """Play a WAV file, and say so."""
        id_ = message.topic.rpartition("/")[2]
        chunk = parse(bytes(message.payload))
        self.begun_at.append(time.monotonic())
        self.played.append(chunk)
        if self.answer != "at once":
            time.sleep(chunk.duration_s + self.late_s)
        topic, told = f"hermes/audioServer/{self.site}/playFinished", {"id": id_, "siteId": self.site}
        match self.answer:
            case "nothing":
                return
            case "no id":
                told = {"siteId": self.site}
            case "wrong id":
                told["id"] = "somebody-elses"
            case "error":
                topic, told = "hermes/error/audioServer/play", {"error": "no sound card", "context": id_}
        client.publish(topic, json.dumps(told))


@contextmanager
def audio_server(port: int, server: AudioServer) -> Iterator[AudioServer]:
    """Have it listen at the broker on that port."""
    waiting: queue.SimpleQueue[MQTTMessage | None] = queue.SimpleQueue()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
    subscribed = threading.Event()
    client.on_message = lambda _client, _data, message: waiting.put(message)
    client.on_subscribe = lambda *_: subscribed.set()

    def subscribe(*_: object) -> None:
        client.subscribe(f"hermes/audioServer/{server.site}/playBytes/#")

    client.on_connect = subscribe

    def work() -> None:
        while (message := waiting.get()) is not None:
            server.play(message, client)

    playing = threading.Thread(target=work, name="audio server")
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert subscribed.wait(5)
    playing.start()
    try:
        yield server
    finally:
        waiting.put(None)
        client.disconnect()
        client.loop_stop()
        playing.join(20)
        client.on_message = client.on_subscribe = client.on_connect = None  # no circle may keep paho's last socket
