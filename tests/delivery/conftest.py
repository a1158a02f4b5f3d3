"""What the tests of delivery share: a private PulseAudio as this process's default device."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sound_servers import PulseServer

StartPulse = Callable[[int], PulseServer]


@pytest.fixture
def start_pulse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartPulse]:
    """Starts a PulseAudio whose sink has the given rate."""
    servers = []

    def start(rate_hz: int) -> PulseServer:
        server = PulseServer(tmp_path / "pulse", rate_hz)
        servers.append(server)
        server.start()
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        return server

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def no_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose ALSA configuration names no device at all; PortAudio aborts there."""
    config = tmp_path / "empty"
    config.write_text("\n")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
