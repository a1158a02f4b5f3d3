"""Writes how voxd is, as it tells on its control socket, for node_exporter's textfile collector.

Fails when voxd has just stopped answering: once, and again only after it has answered.
"""

import http.client
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TIMEOUT_S = 10.0
DOWN = "voxd_up 0"


class Daemon(http.client.HTTPConnection):
    """HTTP on the control socket."""

    def __init__(self, file: str) -> None:
        super().__init__("voxd", timeout=TIMEOUT_S)
        self._file = file

    def connect(self) -> None:
        """Reach it."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(self._file)


def asked(file: str) -> dict[str, Any]:
    """Its status. Raises OSError and its like."""
    daemon = Daemon(file)
    daemon.request("GET", "/api/status")
    status: dict[str, Any] = json.loads(daemon.getresponse().read())
    return status


def figures(status: dict[str, Any]) -> Iterator[str]:
    """A line for each; names of the owner's are labels."""
    yield "voxd_up 1"
    yield f'voxd_info{{version="{status["version"]}"}} 1'
    yield f"voxd_waiting {status['waiting']}"
    yield f"voxd_alarms {len(status['alarms'])}"
    yield f"voxd_outputs_lost {len(status['lost'])}"
    for name, engine in status["engines"].items():
        yield f'voxd_engine_ready{{engine="{_label(name)}"}} {int(engine["state"] == "ready")}'


def _label(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def main(control: str, file: Path) -> int:
    """Give the exit code."""
    was_up = file.exists() and not file.read_text().startswith(DOWN)
    try:
        lines = list(figures(asked(control)))
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        print(f"voxd does not answer: {error}", file=sys.stderr)
        lines = [DOWN]
    new = file.with_suffix(".prom.new")
    new.write_text("\n".join(lines) + "\n")
    new.chmod(0o644)
    new.replace(file)
    return int(was_up and lines == [DOWN])


sys.exit(main(sys.argv[1], Path(sys.argv[2])))
