"""Talks to the running daemon over its control socket."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from voxd.errors import VoxdError

CONNECT_TIMEOUT_S = 3.0
ANSWER_TIMEOUT_S = 60.0
ENROLMENT_TIMEOUT_S = 1200.0
"""A full-size model on a small CPU takes minutes for a reference clip and the sentence after it."""
_READ_BYTES = 65536


class DaemonAwayError(VoxdError):
    """No daemon listens on the control socket."""

    code = "daemon_away"


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, file: Path) -> None:
        super().__init__("localhost")
        self._file = file

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(CONNECT_TIMEOUT_S)
        self.sock.connect(str(self._file))


class ControlClient:
    """One request after the other to the daemon behind `socket_file`."""

    def __init__(self, socket_file: Path) -> None:
        self._file = socket_file

    def announce(self, content: dict[str, Any], wait_s: float) -> dict[str, Any]:
        """Have something announced; the answer tells id, state and reason.

        Raises DaemonAwayError where nobody listens, VoxdError where it was refused.
        """
        with self._post(f"/api/announce?wait_s={wait_s:g}", content, ANSWER_TIMEOUT_S + wait_s) as response:
            answer: dict[str, Any] = json.loads(_read(response))
            return answer

    def render(self, content: dict[str, Any]) -> Iterator[bytes]:
        """The WAV of a text, in pieces; the sizes in its header are left open. Raises like `announce`."""
        with self._post("/api/render", content, ANSWER_TIMEOUT_S) as response:
            while part := _read(response, _READ_BYTES):
                yield part

    def status(self) -> dict[str, Any]:
        """How the house and its engines are. Raises like `announce`."""
        return self._told("GET", "/api/status")

    def order(self, verb: str, wish: dict[str, Any]) -> dict[str, Any]:
        """Have something done with announcements: acknowledge, stop, skip, ... Raises like `announce`."""
        return self._told("POST", f"/api/{verb}", json.dumps(wish).encode())

    def history(self, limit: int, state: str | None) -> list[dict[str, Any]]:
        """What was announced and what became of it, the newest first. Raises like `announce`."""
        query = {"limit": limit} | ({"state": state} if state else {})
        told: list[dict[str, Any]] = self._told("GET", f"/api/history?{urlencode(query)}")["announcements"]
        return told

    def voices(self) -> dict[str, Any]:
        """All voices, and what is wrong with them. Raises like `announce`."""
        return self._told("GET", "/api/voices")

    def voice(self, name: str) -> dict[str, Any]:
        """One voice. Raises like `announce`."""
        return self._told("GET", f"/api/voices/{quote(name, safe='')}")

    def enroll(self, options: dict[str, str], clip: bytes) -> dict[str, Any]:
        """Enrol a voice; the answer tells how it went. Raises like `announce`."""
        return self._told("POST", f"/api/voices?{urlencode(options)}", clip, ENROLMENT_TIMEOUT_S)

    def remove(self, name: str) -> None:
        """Remove an enrolled voice. Raises like `announce`."""
        self._told("DELETE", f"/api/voices/{quote(name, safe='')}", None, ENROLMENT_TIMEOUT_S)

    def test(self, name: str, text: str | None) -> dict[str, Any]:
        """Have a voice speak to nobody; the answer tells how it did. Raises like `announce`."""
        content = json.dumps({"text": text} if text else {}).encode()
        return self._told("POST", f"/api/voices/{quote(name, safe='')}/test", content, ENROLMENT_TIMEOUT_S)

    def _told(
        self, method: str, path: str, content: bytes | None = None, timeout_s: float = ANSWER_TIMEOUT_S
    ) -> dict[str, Any]:
        with self._asked(method, path, content, timeout_s) as response:
            answer: dict[str, Any] = json.loads(_read(response))
            return answer

    def _post(
        self, path: str, content: dict[str, Any], timeout_s: float
    ) -> AbstractContextManager[http.client.HTTPResponse]:
        return self._asked("POST", path, json.dumps(content).encode(), timeout_s)

    @contextmanager
    def _asked(
        self, method: str, path: str, content: bytes | None, timeout_s: float
    ) -> Iterator[http.client.HTTPResponse]:
        with closing(_UnixConnection(self._file)) as connection:
            self._connect(connection)
            try:
                connection.sock.settimeout(timeout_s)
                connection.request(method, path, content)
                response = connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                raise VoxdError(f"The daemon did not answer: {error or type(error).__name__}") from error
            with response:
                if response.status >= 400:
                    raise VoxdError(_refusal(response))
                yield response

    def _connect(self, connection: _UnixConnection) -> None:
        try:
            connection.connect()
        except PermissionError as error:
            raise VoxdError(f"You may not use {self._file}; join its group, or use sudo") from error
        except OSError as error:
            raise DaemonAwayError(f"No daemon listens on {self._file} (`voxd run` starts one)") from error


def _read(response: http.client.HTTPResponse, most: int | None = None) -> bytes:
    """All of an answer, or what is there of it. Raises VoxdError where the daemon breaks off."""
    try:
        return response.read() if most is None else response.read1(most)
    except (OSError, http.client.HTTPException) as error:
        raise VoxdError("The daemon broke off in the middle of its answer; its log says why") from error


def _refusal(response: http.client.HTTPResponse) -> str:
    try:
        return str(json.loads(_read(response))["error"])
    except (ValueError, KeyError):
        return f"The daemon answered with status {response.status}"
