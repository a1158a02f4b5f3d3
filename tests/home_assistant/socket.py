"""What is asked of Home Assistant over its WebSocket API, and what it tells there."""

import json
from typing import Any, Self

from websockets.sync.client import connect

TIMEOUT_S = 30.0


class Socket:
    """https://developers.home-assistant.io/docs/api/websocket; use it as a context manager."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = connect(f"ws://127.0.0.1:{port}/api/websocket", open_timeout=TIMEOUT_S, max_size=None)
        self._last = 0
        self._told: list[dict[str, Any]] = []
        assert self._read(TIMEOUT_S)["type"] == "auth_required"
        self._connection.send(json.dumps({"type": "auth", "access_token": token}))
        answer = self._read(TIMEOUT_S)
        assert answer["type"] == "auth_ok", answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

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
