"""The HTTP frontend in a whole daemon: there where it is wanted, kept over a restart, and else not even imported."""

import json
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from brokers import free_port
from daemons import DaemonProcess

pytestmark = pytest.mark.journey

ROOM = {"fastapi", "uvicorn", "starlette", "prometheus_client", "websockets"}
ADDS_MAX_BYTES = 40_000_000


def own_bytes(daemon: DaemonProcess) -> int:
    """The memory that only this process has."""
    lines = Path(f"/proc/{daemon.process.pid}/smaps_rollup").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def asked(port: int, page: str) -> object:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=20) as answer:
        return json.load(answer)


def test_http_adds_at_most_40_mb_and_is_imported_only_when_enabled(tmp_path: Path) -> None:
    program, bytes_ = (sys.executable, "-m", "daemon_that_tells_its_modules"), []
    for enabled in (False, True):
        port, modules = free_port(), tmp_path / f"modules-{enabled}"
        environment = {"TESTS_MODULES": str(modules), "PYTHONPATH": str(Path(__file__).parent.parent)}
        settings = {"http": {"enabled": enabled, "port": port}}
        folder = tmp_path / str(enabled)
        with DaemonProcess(folder, settings=settings, environment=environment, program=program) as daemon:
            if enabled:
                assert asked(port, "/ready") == {"status": "ready"}
            bytes_.append(own_bytes(daemon))
            daemon.stop()
        loaded = {name.partition(".")[0] for name in modules.read_text().split()}
        assert (loaded >= ROOM) if enabled else not (loaded & ROOM)
    assert bytes_[1] - bytes_[0] < ADDS_MAX_BYTES


def test_whoever_asks_during_a_restart_waits_and_is_answered(tmp_path: Path) -> None:
    port = free_port()
    with DaemonProcess(tmp_path, settings={"http": {"enabled": True, "port": port}}) as daemon:
        daemon.stop()
        daemon.launch()
        end_s = time.monotonic() + 30
        assert asked(port, "/health") == {"status": "alive"}
        assert time.monotonic() < end_s
        daemon.wait_for_notice("READY=1")
