"""Reading from and writing to servers, over tcp and unix sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from wyoming.event import Event

from voxd.errors import ProtocolError
from voxd.wire.wyoming.client import Address, TcpAddress, UnixAddress, connected
from voxd.wire.wyoming.frames import frame

Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[[Play], Awaitable[Address]]


@pytest.fixture(params=["tcp", "unix"])
async def serve(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Serve]:
    """Starts a server that plays this part with everyone who connects."""
    servers: list[asyncio.Server] = []

    async def serve(play: Play) -> Address:
        async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await play(reader, writer)
            finally:
                writer.close()

        if request.param == "unix":
            path = tmp_path / "socket"
            servers.append(await asyncio.start_unix_server(closing, path))
            return UnixAddress(path)
        servers.append(await asyncio.start_server(closing, "127.0.0.1", 0))
        return TcpAddress("127.0.0.1", servers[-1].sockets[0].getsockname()[1])

    yield serve
    for server in servers:
        server.close()


@asynccontextmanager
async def answer(address: Address) -> AsyncIterator[Callable[[], Awaitable[Event | None]]]:
    async with connected(address, 2, payload_max_bytes=100_000) as client:

        async def following() -> Event | None:
            return await client.next(0.3)

        yield following


async def test_events_are_sent_and_received(serve: Serve) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(10_000))

    event = Event("anything", {"text": "x"}, b"\n" * 1000)
    async with connected(await serve(echo), 2, payload_max_bytes=100_000) as client:
        await client.send(frame(event) * 2, timeout_s=2)
        assert [await client.next(2), await client.next(2)] == [event, event]
        assert await client.next(2) is None


async def test_a_server_that_falls_silent_is_a_protocol_error(serve: Serve) -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame(Event("x", {}, b"payload"))[:-3])
        await reader.read()

    async with answer(await serve(half)) as following:
        with pytest.raises(ProtocolError, match=r"0\.3 s"):
            await following()


async def test_a_stream_that_ends_in_an_event_is_a_protocol_error(serve: Serve) -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame(Event("x", {}, b"payload"))[:-3])

    async with answer(await serve(half)) as following:
        with pytest.raises(ProtocolError, match="middle"):
            await following()


async def test_a_server_that_reads_nothing_is_a_protocol_error(serve: Serve) -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)

    async with connected(await serve(deaf), 2, payload_max_bytes=0) as client:
        with pytest.raises(ProtocolError, match=r"took nothing for 0\.2 s"):
            await client.send(b"x" * 50_000_000, timeout_s=0.2)


async def test_leaving_closes_the_connection_at_once(serve: Serve) -> None:
    ended = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame(Event("x")))
        await asyncio.gather(reader.read(), return_exceptions=True)
        ended.set()

    async with answer(await serve(endless)) as following:
        await following()
    await asyncio.wait_for(ended.wait(), 0.1)


async def test_nobody_at_the_address_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        async with connected(UnixAddress(tmp_path / "nobody"), 2, payload_max_bytes=0):
            pass
