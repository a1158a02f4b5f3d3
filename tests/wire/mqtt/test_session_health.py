"""A session is well as long as it seeks its broker; a broker that is away, or silent, is no illness of ours."""

import asyncio

import pytest
from brokers import Broker, free_port
from mqtt_sessions import Sessions, is_connected
from waiting import until

from voxd.lib import steps
from voxd.settings import MqttSettings
from voxd.wire.mqtt import connection, driver


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what takes half a minute in a house is seen here."""
    monkeypatch.setattr(steps, "SLACK_S", 1.0)
    monkeypatch.setattr(driver, "TICK_S", 0.05)
    monkeypatch.setattr("voxd.wire.mqtt.session.CONNECT_TIMEOUT_S", 0.2)
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT_S", 0.2)


async def test_a_broker_that_is_away_is_no_illness(sessions: Sessions) -> None:
    session = await sessions.run(MqttSettings(port=free_port()), connected=False)
    for _ in range(30):
        assert session.healthy
        await asyncio.sleep(0.05)


async def test_nor_is_one_that_never_says_a_word(sessions: Sessions) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(writer)
        await reader.read()
        writer.close()

    visits: list[asyncio.StreamWriter] = []
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        session = await sessions.run(MqttSettings(port=server.sockets[0].getsockname()[1]), connected=False)
        await until(lambda: len(visits) >= 2)
        assert session.healthy


async def test_a_connection_that_is_not_kept_alive_any_more_is_one(broker: Broker, sessions: Sessions) -> None:
    session = await sessions.run(MqttSettings(port=broker.port))
    await asyncio.sleep(1.2)
    assert session.healthy
    timer = session._connection._driver._timer  # type: ignore[union-attr]  # it is connected
    assert timer is not None
    timer.cancel()
    await until(lambda: not session.healthy)
    assert is_connected(session)
