"""The server's end of a connection, whatever the transport."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from waiting import until
from wyoming.event import Event

from voxd.errors import BadRequestError, BusyError, ProtocolError
from voxd.wire.wyoming.client import Address, TcpAddress, UnixAddress, connected
from voxd.wire.wyoming.connection import Connection
from voxd.wire.wyoming.frames import frame
from voxd.wire.wyoming.listening import listening
from voxd.wire.wyoming.patience import Patience


class Echo:
    """Sends every event back; `refuse` and `full` are refused."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.busy = self.midway = False
        self.left_times = 0

    def heard(self, event: Event) -> None:
        if event.type == "refuse":
            raise BadRequestError("No")
        self.connection.write(frame(event))

    def left(self) -> None:
        self.left_times += 1


class Inn:
    """Has room for so many."""

    def __init__(self) -> None:
        self.room = 10
        self.echoes: list[Echo] = []
        self.left = 0

    def admitted(self, connection: Connection) -> Echo:
        if not self.room:
            raise BusyError("Full")
        self.room -= 1
        self.echoes.append(Echo(connection))
        return self.echoes[-1]

    def gone(self, connection: Connection) -> None:  # noqa: ARG002 - one is as good as the other
        self.left += 1


@pytest.fixture
def inn() -> Inn:
    return Inn()


@pytest.fixture(params=["tcp", "unix"])
async def address(request: pytest.FixtureRequest, inn: Inn, tmp_path: Path) -> AsyncIterator[Address]:
    loop = asyncio.get_running_loop()

    def connection() -> Connection:
        return Connection(inn, Patience(), payload_max_bytes=1_000_000)

    if request.param == "unix":
        server = await loop.create_unix_server(connection, tmp_path / "socket")
        yield UnixAddress(tmp_path / "socket")
    else:
        (one,) = await listening("127.0.0.1", 0)
        server = await loop.create_server(connection, sock=one)
        yield TcpAddress("127.0.0.1", one.getsockname()[1])
    server.close()
    await until(lambda: inn.left == len(inn.echoes))


Exchange = Callable[..., Awaitable[list[Event]]]


@pytest.fixture
def exchange(address: Address) -> Exchange:
    """Sends these bytes, and gives all events until the connection ends or so many have come."""

    async def exchange(sent: bytes, count: int = 1000) -> list[Event]:
        events: list[Event] = []
        async with connected(address, 2, payload_max_bytes=1_000_000) as client:
            await client.send(sent, 2)
            while len(events) < count and (event := await client.next(2)) is not None:
                events.append(event)
        return events

    return exchange


async def test_events_with_payloads_pass_in_both_directions(exchange: Exchange) -> None:
    event = Event("x", {"a": 1}, b"\n" * 30_000)
    assert await exchange(frame(event) * 3, 3) == [event] * 3


async def test_a_refusal_is_said_and_ends_the_connection(exchange: Exchange, inn: Inn) -> None:
    events = await exchange(frame(Event("x")) + frame(Event("refuse")) + frame(Event("y")))
    assert events == [Event("x"), Event("error", {"text": "No", "code": "bad_request"})]
    await until(lambda: inn.left == 1)
    assert inn.echoes[0].left_times == 1


async def test_who_is_not_admitted_is_told_why(exchange: Exchange, inn: Inn) -> None:
    inn.room = 0
    assert await exchange(b"") == [Event("error", {"text": "Full", "code": "busy"})]


async def test_the_listener_hears_at_once_that_its_client_left(address: Address, inn: Inn) -> None:
    async with connected(address, 2, payload_max_bytes=0) as client:
        await client.send(frame(Event("x")), 2)
        await client.next(2)
    await until(lambda: inn.echoes[0].left_times == 1, 0.1)


async def test_what_is_written_after_the_end_is_dropped(address: Address, inn: Inn) -> None:
    async with connected(address, 2, payload_max_bytes=0) as client:
        await client.send(frame(Event("refuse")), 2)
        assert (event := await client.next(2)) is not None
        assert event.type == "error"
        inn.echoes[0].connection.write(frame(Event("late")))
        inn.echoes[0].connection.fail(ProtocolError("late"))
        assert await client.next(2) is None


async def test_many_events_at_once_are_all_heard_in_order(exchange: Exchange) -> None:
    sent = [Event("x", {"number": number}) for number in range(5000)]
    assert await exchange(b"".join(frame(event) for event in sent), 5000) == sent
