"""What is asked of Home Assistant over its WebSocket API, and what it tells there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

TIMEOUT_S = 30.0


class Socket:
    """https://developers.home-assistant.io/docs/api/websocket, on a connection that is admitted."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._last = 0
        self._told: list[dict[str, Any]] = []

    def admit(self, token: str) -> None:
        """Say who we are."""
        assert self._read(TIMEOUT_S)["type"] == "auth_required"
        self._connection.send(json.dumps({"type": "auth", "access_token": token}))
        answer = self._read(TIMEOUT_S)
        assert answer["type"] == "auth_ok", answer

    def ask(self, command: str, **data: Any) -> Any:
        """The result of a command."""
        wanted = self._send(command, data)
        while True:
            answer = self._read(TIMEOUT_S)
            if answer["type"] == "result" and answer["id"] == wanted:
                assert answer["success"], answer
                return answer["result"]
            self._told.append(answer)

    def subscribe(self, event_type: str) -> None:
        """Let events of that type come to `next`."""
        self.ask("subscribe_events", event_type=event_type)

    def next(self, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
        """The next event of whatever was subscribed to or asked for."""
        while True:
            told = self._told.pop(0) if self._told else self._read(timeout_s)
            if told["type"] == "event":
                return dict(told["event"])

    def _send(self, command: str, data: dict[str, Any]) -> int:
        self._last += 1
        self._connection.send(json.dumps({"id": self._last, "type": command} | data))
        return self._last

    def _read(self, timeout_s: float) -> dict[str, Any]:
        return dict(json.loads(self._connection.recv(timeout=timeout_s)))


@contextmanager
def socket(port: int, token: str) -> Iterator[Socket]:
    """A connection to the Home Assistant at that port, as whose token it is."""
    with connect(f"ws://127.0.0.1:{port}/api/websocket", open_timeout=TIMEOUT_S, max_size=None) as connection:
        asked = Socket(connection)
        asked.admit(token)
        yield asked
