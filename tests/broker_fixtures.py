"""Real brokers as fixtures, for the conftest of every folder whose tests need MQTT."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from brokers import Broker, BrokerOptions, Peer


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that forgets everything when it ends."""
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def lasting_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that keeps what it has, and may be killed."""
    with Broker(tmp_path / "broker", BrokerOptions(persistent=True)) as broker:
        yield broker


@pytest.fixture
def peer(broker: Broker) -> Iterator[Peer]:
    """Another client of the broker."""
    with Peer(broker.port) as peer:
        yield peer
