"""What the journeys share: a broker, a listener to events, and a daemon between them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from announcements import Events, wait_until_online
from brokers import Broker, BrokerOptions, Peer
from daemons import DaemonProcess


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A mosquitto that keeps what it holds over a crash."""
    with Broker(tmp_path / "broker", BrokerOptions(persistent=True)) as running:
        yield running


@pytest.fixture
def peer(broker: Broker) -> Iterator[Peer]:
    """Another client in the house."""
    with Peer(broker.port) as connected:
        yield connected


@pytest.fixture
def events(peer: Peer) -> Events:
    """What the daemon tells."""
    return Events(peer)


@pytest.fixture
def daemon(tmp_path: Path, broker: Broker) -> Iterator[DaemonProcess]:
    """A daemon at that broker, whose announcements become WAV files."""
    with DaemonProcess(tmp_path / "voxd", mqtt_port=broker.port) as running:
        wait_until_online(broker.port)
        yield running
