"""Where the benchmark finds programs and keeps what it makes."""

import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""

PYTHON = Path(sys.executable)
"""The interpreter that voxd is installed for."""

PEER_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
"""The interpreter of the peers: wyoming-piper, onnx, torch."""

KEPT = ROOT / ".run" / "bench"
"""Voices and logs; outside of git."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
