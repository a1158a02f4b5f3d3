"""Announcing as people do, with mosquitto_pub, and listening to what the daemon tells."""

import json
import subprocess
from typing import Any

from brokers import Peer
from daemons import NODE

BASE = f"voxd/{NODE}"


def say(port: int, text: str, *, topic: str = f"{BASE}/say", qos: int = 1) -> None:
    """Publish with Debian's mosquitto_pub."""
    subprocess.run(
        ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-q", str(qos), "-t", topic, "-m", text],
        check=True,
        timeout=20,
    )


class Events:
    """The daemon's events, in order."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        peer.subscribe(f"{BASE}/event")

    def next(self, timeout_s: float = 20.0) -> dict[str, Any]:
        """The next event."""
        event: dict[str, Any] = json.loads(self._peer.next(timeout_s).payload)
        return event

    def until(self, state: str, timeout_s: float = 20.0, **wanted: Any) -> dict[str, Any]:
        """The next event of that type with those values; others are dropped."""
        while True:
            event = self.next(timeout_s)
            if event["event_type"] == state and all(event.get(key) == value for key, value in wanted.items()):
                return event


def wait_until_online(port: int) -> None:
    """Return when the daemon is connected to the broker and has subscribed."""
    with Peer(port) as peer:
        peer.subscribe(f"{BASE}/availability")
        peer.until(lambda arrival: bytes(arrival.payload) == b"online", 20.0)
