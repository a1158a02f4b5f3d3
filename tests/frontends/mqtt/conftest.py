"""Brokers, a friend in the house, and running frontends that are stopped at the end of the test."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from brokers import Broker, BrokerOptions, Peer
from mqtt_houses import Friend, House, Houses, open_house

from voxd.settings import MqttSettings


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def lasting_broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path / "broker", BrokerOptions(persistent=True)) as broker:
        yield broker


@pytest.fixture
def friend(broker: Broker) -> Iterator[Friend]:
    with Peer(broker.port) as peer:
        yield Friend(peer)


@pytest.fixture
async def house(broker: Broker) -> AsyncIterator[House]:
    async with open_house(MqttSettings(port=broker.port)) as house:
        yield house


@pytest.fixture
async def houses() -> AsyncIterator[Houses]:
    async with AsyncExitStack() as stack:
        yield Houses(stack)
