"""Brokers, a friend in the house, and running frontends that are stopped at the end of the test."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from broker_fixtures import broker, lasting_broker, peer
from brokers import Broker, Peer
from mqtt_houses import Friend, House, Houses, open_house

from voxd.settings import MqttSettings

__all__ = ["broker", "friend", "house", "houses", "lasting_broker", "peer"]


@pytest.fixture
def friend(peer: Peer) -> Friend:
    return Friend(peer)


@pytest.fixture
async def house(broker: Broker) -> AsyncIterator[House]:
    async with open_house(MqttSettings(port=broker.port)) as house:
        yield house


@pytest.fixture
async def houses() -> AsyncIterator[Houses]:
    async with AsyncExitStack() as stack:
        yield Houses(stack)
