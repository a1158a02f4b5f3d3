"""Brokers, a peer, and sessions that are closed at the end of the test."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from brokers import Broker, BrokerOptions, Peer
from mqtt_sessions import Sessions


@pytest.fixture
async def sessions() -> AsyncIterator[Sessions]:
    async with AsyncExitStack() as stack:
        yield Sessions(stack)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def lasting_broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path / "broker", BrokerOptions(persistent=True)) as broker:
        yield broker


@pytest.fixture
def peer(broker: Broker) -> Iterator[Peer]:
    with Peer(broker.port) as peer:
        yield peer
