"""Brokers, a client of Rhasspy's kind, and running frontends that are stopped at the end of the test."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from broker_fixtures import broker, lasting_broker, peer
from brokers import Broker, Peer
from hermes_houses import TOLD, House, Houses, Rhasspy, open_house

from voxd.settings import MqttSettings

__all__ = ["broker", "house", "houses", "lasting_broker", "peer", "rhasspy"]


@pytest.fixture
async def rhasspy(peer: Peer) -> Rhasspy:
    client = Rhasspy(peer)
    await client.subscribe(*TOLD)
    return client


@pytest.fixture
async def house(broker: Broker, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(MqttSettings(port=broker.port), tmp_path) as house:
        yield house


@pytest.fixture
async def houses(tmp_path: Path) -> AsyncIterator[Houses]:
    async with AsyncExitStack() as stack:
        yield Houses(stack, tmp_path)
