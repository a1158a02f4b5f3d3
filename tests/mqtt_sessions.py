"""MQTT sessions that run for the length of a test."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from waiting import until

from voxd.settings import MqttSettings
from voxd.wire.mqtt.dialling import Identity
from voxd.wire.mqtt.outages import OutageLog
from voxd.wire.mqtt.packets import Publication
from voxd.wire.mqtt.reasons import Ending
from voxd.wire.mqtt.session import Bounds, Session

QUICK = Bounds(again_after_s=0.05, settled_after_s=0.05, taken_over_wait_s=1.0)


def is_connected(session: Session) -> bool:
    """Whether there is a connection now; only tests need to know."""
    return session._connection is not None


def break_connection(session: Session) -> None:
    """Have it lose its connection, as by a broken cable."""
    assert session._connection
    session._connection.abort(Ending("a break"))


class Sessions:
    """Makes running sessions and closes them at the end of the test."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def run(
        self,
        settings: MqttSettings,
        *topics: str,
        client_id: str = "voxd-test",
        will: Publication | None = None,
        bounds: Bounds = QUICK,
        connected: bool = True,
        on_connected: Callable[[], None] = lambda: None,
    ) -> Session:
        """A running session, connected unless asked otherwise."""
        identity = Identity(client_id, topics or ("voxd/test/say",), will)
        session = Session(settings, identity, OutageLog(f"{settings.host}:{settings.port}"), on_connected, bounds)
        await self._stack.enter_async_context(running(session))
        if connected:
            await until(lambda: is_connected(session))
            await subscribed(session)
        return session


async def subscribed(session: Session) -> None:
    """Wait until the broker has its subscription: it confirms what came after that later than that."""
    session.publish(Publication("here", b""))
    await session._sender.all_sent(10.0)


@asynccontextmanager
async def running(session: Session) -> AsyncIterator[Session]:
    """The session, running; closed and ended afterwards."""
    async with asyncio.TaskGroup() as group:
        group.create_task(session.run(), name="session")
        try:
            yield session
        finally:
            await session.close(1.0)
