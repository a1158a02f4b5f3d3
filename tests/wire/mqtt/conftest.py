"""Brokers, a peer, and sessions that are closed at the end of the test."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from broker_fixtures import broker, lasting_broker, peer
from mqtt_sessions import Sessions

__all__ = ["broker", "lasting_broker", "peer", "sessions"]


@pytest.fixture
async def sessions() -> AsyncIterator[Sessions]:
    async with AsyncExitStack() as stack:
        yield Sessions(stack)
