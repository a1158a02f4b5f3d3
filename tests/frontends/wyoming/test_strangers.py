"""What strangers cannot do to the Wyoming door: the abuse that was measured on other servers."""

import asyncio
import json
import logging
import resource
import socket
import ssl
import struct
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from waiting import until
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart

from voxd.errors import VoxdError
from voxd.frontends.wyoming import WyomingFrontend
from voxd.settings import WyomingSettings
from voxd.wire.wyoming.patience import Patience

Start = Callable[..., Awaitable[WyomingFrontend]]
Connect = Callable[[WyomingFrontend], Awaitable[AsyncTcpClient]]
Raw = tuple[asyncio.StreamReader, asyncio.StreamWriter]

QUICK = Patience(
    first_event_s=0.3, whole_event_s=0.3, idle_s=0.6, midway_s=0.6, write_s=0.5, goodbye_s=0.2, tend_every_s=0.05
)
SPEAK = b'{"type": "synthesize", "data": {"text": "hello-there"}}\n'
DESCRIBE = b'{"type": "describe"}\n'


@asynccontextmanager
async def raw(frontend: WyomingFrontend) -> AsyncIterator[Raw]:
    reader, writer = await asyncio.open_connection("127.0.0.1", frontend.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def told(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The error event that ends a connection."""
    async with asyncio.timeout(5):
        received = await reader.read()
    header, _, data = received.partition(b"\n")
    assert json.loads(header)["type"] == "error"
    answer: dict[str, Any] = json.loads(data)
    return answer


async def seconds_to_describe(frontend: WyomingFrontend, connect: Connect) -> float:
    client = await connect(frontend)
    began = time.perf_counter()
    await client.write_event(Describe().event())
    event = await client.read_event()
    assert event is not None
    assert event.type == "info"
    await client.disconnect()
    return time.perf_counter() - began


def held_bytes() -> int:
    """Resident memory of this process, server and test alike."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


BAD = {
    "broken JSON": b"{\n",
    "an empty line": b"\n",
    "NULs": b"\0" * 100 + b"\n",
    "bad UTF-8": b"\xff\xfe\n",
    "an HTTP request": b"GET /api HTTP/1.1\r\nHost: voxd\r\n\r\n",
    "an array": b"[]\n",
    "no type": b"{}\n",
    "a payload where none is wanted": b'{"type": "describe", "payload_length": 1}\nx',
    "data of 1 TiB": b'{"type": "describe", "data_length": 1099511627776}\n',
    "a negative length": b'{"type": "describe", "data_length": -1}\n',
    "a deep nesting": b'{"type": "x", "data": ' + b"[" * 30_000 + b"\n",
    "a line of 70 kB": b'{"type": "x", "data": {"text": "' + b"x" * 70_000 + b'"}}\n',
    "a text that is none": b'{"type": "synthesize", "data": {"text": {}}}\n',
    "a voice that is none": b'{"type": "synthesize", "data": {"text": "x", "voice": [1]}}\n',
}


@pytest.mark.parametrize("sent", BAD.values(), ids=BAD.keys())
async def test_bad_input_is_answered_with_an_error_and_the_end(
    frontend: WyomingFrontend, connect: Connect, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with raw(frontend) as (reader, writer):
        writer.write(sent)
        answer = await told(reader)
    assert (answer["code"], bool(answer["text"])) == ("protocol_error", True)
    assert await seconds_to_describe(frontend, connect) < 0.5
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("sent", [SPEAK, b'{"type": "synthesize-chunk", "data": {"text": "x"}}\n'])
async def test_half_an_event_and_the_end_is_a_quiet_close(frontend: WyomingFrontend, sent: bytes) -> None:
    async with raw(frontend) as (reader, writer):
        writer.write(sent[:20])
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 5) == b""


@pytest.mark.realtime
async def test_a_flood_after_the_error_is_not_taken_in(frontend: WyomingFrontend, connect: Connect) -> None:
    before = held_bytes()
    async with raw(frontend) as (_, writer):
        writer.write(b'{"type": "x", "payload_length": 1099511627776}\n')
        flood = b"x" * 65536
        try:
            for _ in range(1024):
                writer.write(flood)
                await asyncio.wait_for(writer.drain(), 5)
        except OSError:
            pass
        else:
            pytest.fail("64 MiB were taken")
    assert held_bytes() - before < 5_000_000
    assert await seconds_to_describe(frontend, connect) < 0.25


async def test_a_tls_greeting_is_closed_in_time(start: Start) -> None:
    frontend = await start(QUICK)
    context = ssl.create_default_context()
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the bytes
        async with asyncio.timeout(4):
            await asyncio.open_connection("127.0.0.1", frontend.port, ssl=context)


@pytest.mark.parametrize("first", [b"", b"{", b'{"type": "describe", "data_length": 5}\n{'])
async def test_a_client_that_never_finishes_an_event_is_sent_away(start: Start, first: bytes) -> None:
    frontend = await start(QUICK)
    async with raw(frontend) as (reader, writer):
        writer.write(first)
        assert "0.3 s" in (await told(reader))["text"]


async def test_a_byte_at_a_time_wins_no_time(start: Start) -> None:
    frontend = await start(QUICK)
    async with raw(frontend) as (reader, writer):
        telling = asyncio.create_task(told(reader))
        for byte in DESCRIBE:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.05)
            if telling.done():
                break
        assert "0.3 s" in (await telling)["text"]


async def test_an_idle_client_is_kept_for_a_while_and_then_sent_away(start: Start) -> None:
    frontend = await start(QUICK)
    async with raw(frontend) as (reader, writer):
        writer.write(DESCRIBE)
        await reader.readline()
        await asyncio.sleep(0.4)
        writer.write(DESCRIBE)
        assert b"0.6 s" in await asyncio.wait_for(reader.read(), 3)


async def test_a_text_that_does_not_go_on_is_given_up(start: Start, connect: Connect, renderer: Any) -> None:
    frontend = await start(QUICK)
    client = await connect(frontend)
    await client.write_event(SynthesizeStart().event())
    await client.write_event(SynthesizeChunk("HANG ").event())
    kinds = []
    while (event := await client.read_event()) is not None:
        kinds.append(event.type)
    assert kinds == ["error"]
    await asyncio.wait_for(renderer.cancelled.wait(), 1)


async def test_a_synthesis_may_take_longer_than_an_idle_client_may(start: Start, connect: Connect) -> None:
    frontend = await start(QUICK)
    client = await connect(frontend)
    await client.write_event(Synthesize("HANG").event())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.read_event(), 1)


async def test_a_client_that_does_not_read_is_sent_away_and_its_synthesis_stopped(
    start: Start, renderer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    frontend = await start(QUICK)
    async with raw(frontend) as (_, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # a stream's transport is a duplex one
        writer.write(b'{"type": "synthesize", "data": {"text": "' + b"abc*2000 " * 20 + b'"}}\n')
        await until(lambda: renderer.rendering == 1)
        await until(lambda: not frontend.door.connections)
    assert renderer.rendering == 0
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_a_client_that_reads_a_drop_now_and_then_is_sent_away_too(start: Start, renderer: Any) -> None:
    frontend = await start(QUICK)
    loop = asyncio.get_running_loop()
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.setblocking(False)
        await loop.sock_connect(line, ("127.0.0.1", frontend.port))
        await until(lambda: frontend.door.connections)
        (connection,) = frontend.door.connections
        ours = connection._transport.get_extra_info("socket")
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # loopback's own takes a megabyte at a time
        await loop.sock_sendall(line, b'{"type": "synthesize", "data": {"text": "' + b"abc*2000 " * 20 + b'"}}\n')
        await until(lambda: renderer.rendering == 1)
        async with asyncio.timeout(10):
            while frontend.door.connections:
                await loop.sock_recv(line, 2048)
                await asyncio.sleep(0.05)
    await until(lambda: renderer.rendering == 0)


@pytest.mark.realtime
async def test_describes_without_end_that_nobody_reads_stop_at_the_pipe(
    frontend: WyomingFrontend, connect: Connect
) -> None:
    before = held_bytes()
    async with raw(frontend) as (_, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # a duplex one
        writer.write(DESCRIBE * 200_000)
        for _ in range(20):
            assert await seconds_to_describe(frontend, connect) < 0.25
        assert held_bytes() - before < 12_000_000  # 4 MB of them are the test's own


@pytest.mark.realtime
async def test_describes_without_end_are_all_answered_and_others_get_their_turn(
    frontend: WyomingFrontend, connect: Connect
) -> None:
    async with raw(frontend) as (reader, writer):
        writer.write(DESCRIBE * 3000 + b"\n")
        reading = asyncio.create_task(reader.read())
        assert await seconds_to_describe(frontend, connect) < 0.25
        answers = await asyncio.wait_for(reading, 20)
    assert answers.count(b'"type": "info"') == 3000
    assert answers.count(b'"type": "error"') == 1


async def test_a_client_reset_in_mid_synthesis_is_quiet(
    frontend: WyomingFrontend, renderer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(10):
        line = socket.create_connection(("127.0.0.1", frontend.port))
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.sendall(b'{"type": "synthesize", "data": {"text": "abc*900 HANG"}}\n')
        await asyncio.wait_for(renderer.begun.wait(), 5)
        line.close()
        renderer.begun.clear()
    await until(lambda: not frontend.door.connections)
    assert not caplog.records


@pytest.mark.realtime
async def test_the_longest_idle_client_makes_room_for_a_new_one(start: Start, connect: Connect) -> None:
    frontend = await start(max_connections=20)
    idle = [await asyncio.open_connection("127.0.0.1", frontend.port) for _ in range(60)]
    assert await seconds_to_describe(frontend, connect) < 0.25
    assert len(frontend.door.connections) <= 20
    ended = [await asyncio.wait_for(reader.read(), 1) for reader, _ in idle[:40]]
    assert ended == [b""] * 40
    for _, writer in idle:
        writer.close()


async def test_clients_that_wait_for_their_sound_are_not_sent_away_for_a_new_one(
    start: Start, connect: Connect
) -> None:
    frontend = await start(max_connections=3)
    working = [await connect(frontend) for _ in range(3)]
    for client in working:
        await client.write_event(Synthesize("HANG").event())
    await until(lambda: all(conversation.busy for conversation in frontend.door.connections.values()))
    async with raw(frontend) as (reader, _):
        assert (await told(reader))["code"] == "busy"
    await working[0].disconnect()
    await until(lambda: len(frontend.door.connections) == 2)
    assert await seconds_to_describe(frontend, connect) < 0.5


async def test_one_address_has_its_own_bound(start: Start, connect: Connect) -> None:
    frontend = await start(max_connections=10, max_connections_per_address=2)
    other = await asyncio.open_connection("127.0.0.1", frontend.port, local_addr=("127.0.0.2", 0))
    first, second = [await asyncio.open_connection("127.0.0.1", frontend.port) for _ in range(2)]
    assert await seconds_to_describe(frontend, connect) < 0.5
    assert await asyncio.wait_for(first[0].read(), 1) == b"", "the longest idle of that address has left"
    for reader, writer in (other, second):
        writer.write(DESCRIBE)
        assert b"info" in await asyncio.wait_for(reader.readline(), 5)
    for _, writer in (other, first, second):
        writer.close()


@pytest.fixture
def files_max() -> Iterator[int]:
    """A process that may have 1024 files open, and so many if it asks."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    yield sys.maxsize if hard == resource.RLIM_INFINITY else hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_the_largest_crowd_leaves_files_for_the_rest_of_the_daemon(files_max: int, start: Start) -> None:
    await start(max_connections=1000)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(3024, files_max)


async def test_it_is_told_where_there_are_too_few_files_for_a_crowd(
    files_max: int, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    if files_max > 200_000:
        pytest.skip("this system lets us have any number")
    await start(max_connections=100_000)
    assert "LimitNOFILE" in caplog.text


async def test_where_one_address_is_at_work_everywhere_it_is_told_so_and_others_come_in(
    start: Start, connect: Connect
) -> None:
    frontend = await start(max_connections=10, max_connections_per_address=2)
    for _ in range(2):
        await (await connect(frontend)).write_event(Synthesize("HANG").event())
    await until(lambda: [one.busy for one in frontend.door.connections.values()] == [True, True])
    async with raw(frontend) as (reader, _):
        error = await told(reader)
    assert error["code"] == "busy"
    assert "127.0.0.1" in error["text"]
    assert "wyoming.max_connections_per_address" in error["text"]
    reader, writer = await asyncio.open_connection("127.0.0.1", frontend.port, local_addr=("127.0.0.2", 0))
    writer.write(DESCRIBE)
    assert b"info" in await asyncio.wait_for(reader.readline(), 5)
    writer.close()


async def test_open_streams_without_text_do_not_lock_others_out(start: Start, connect: Connect) -> None:
    frontend = await start(max_connections=3)
    for _ in range(3):
        await (await connect(frontend)).write_event(SynthesizeStart().event())
    await until(lambda: all(conversation.midway for conversation in frontend.door.connections.values()))
    assert await seconds_to_describe(frontend, connect) < 0.5


async def test_clients_from_other_networks_are_closed_at_once_and_told_of_once(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    frontend = await start(allow=["10.0.0.0/8", "::1/128"])
    for _ in range(5):
        async with raw(frontend) as (reader, _):
            assert await asyncio.wait_for(reader.read(), 1) == b""
    (record,) = caplog.records
    assert "127.0.0.1" in record.getMessage()
    assert "wyoming.allow" in record.getMessage()


async def test_an_address_that_cannot_be_listened_on_is_named_with_what_to_do(
    frontend: WyomingFrontend, renderer: Any
) -> None:
    port = frontend.port
    for settings, reason in (
        ({"port": port}, "Address already in use"),
        ({"host": "192.0.2.1", "port": 0}, "Cannot assign requested address"),
        ({"host": "no.such.invalid"}, ".*"),
        ({"host": "a..b"}, "that is no host name"),
    ):
        second = WyomingFrontend(WyomingSettings.model_validate(settings), renderer, "1")
        with pytest.raises(VoxdError, match=rf"cannot listen on \S+ \({reason}\): set wyoming\.host"):
            await second.start()


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
async def test_the_ipv6_wildcard_serves_ipv4_clients_of_allowed_networks(start: Start, connect: Connect) -> None:
    allowing = await start(host="::", allow=["127.0.0.0/8"])
    assert await seconds_to_describe(allowing, connect) < 1
    other = await start(host="::", allow=["10.0.0.0/8"])
    async with raw(other) as (reader, _):
        assert await asyncio.wait_for(reader.read(), 1) == b""


async def test_a_frontend_that_is_not_run_yet_lets_clients_wait(renderer: Any, connect: Connect) -> None:
    frontend = WyomingFrontend(WyomingSettings(port=0), renderer, "1")
    await frontend.start()
    client = await connect(frontend)
    await client.write_event(Describe().event())
    run = asyncio.create_task(frontend.run())
    event = await client.read_event()
    assert event is not None
    assert frontend.healthy
    await frontend.stop()
    assert await client.read_event() is None
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


@pytest.mark.realtime
async def test_stopping_lets_what_is_nearly_done_end_and_cuts_the_rest(
    frontend: WyomingFrontend, connect: Connect, renderer: Any
) -> None:
    quick, slow = await connect(frontend), await connect(frontend)
    await quick.write_event(Synthesize("abc*900 def").event())
    await slow.write_event(Synthesize("HANG").event())
    await until(lambda: any(conversation.busy for conversation in frontend.door.connections.values()))
    began = time.monotonic()
    reading = asyncio.create_task(_kinds(quick))
    await frontend.stop()
    assert time.monotonic() - began < 1.2
    assert (await reading)[-1] == "audio-stop"
    assert await slow.read_event() is None
    assert renderer.cancelled.is_set()


async def _kinds(client: AsyncTcpClient) -> list[str]:
    kinds = []
    while (event := await client.read_event()) is not None:
        kinds.append(event.type)
    return kinds
