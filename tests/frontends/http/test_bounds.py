"""What a client may cost: long, slow and many requests are refused or served, and the house speaks on meanwhile."""

import asyncio
import gzip
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from fastapi import APIRouter, Request
from http_houses import Client, house_served, served
from miniature_house import MiniatureHouse
from starlette.responses import JSONResponse, Response
from waiting import until

from voxd.frontends.http.presence import Streamed
from voxd.frontends.http.routes.health import health_router
from voxd.frontends.http.routes.route import Routes
from voxd.model.announcement import State
from voxd.settings.http import HttpSettings

ROUTES = Routes(HttpSettings(max_body_kb=100, body_timeout_s=0.2))
HEALTH = health_router(ROUTES, str)
PART_BYTES = 64 * 1024


def echo(parts: list[int]) -> APIRouter:
    """Reads whatever is sent; answers as much as `parts` comes to hold, for as long as somebody reads."""
    router = APIRouter(route_class=ROUTES.needing(None))
    uploads = APIRouter(route_class=ROUTES.needing(None, 10_000_000))

    @router.post("/read")
    async def read(request: Request) -> Response:
        return JSONResponse({"read": len(await request.body())})

    @uploads.post("/upload")
    async def upload(request: Request) -> Response:
        return JSONResponse({"read": len(await request.body())})

    @router.get("/endless")
    async def endless() -> Response:
        return Streamed(sound(), "audio/wav")

    async def sound() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                parts.append(PART_BYTES)
                yield bytes(PART_BYTES)
        finally:
            parts.append(-1)

    router.include_router(uploads)
    return router


@pytest.fixture
def parts() -> list[int]:
    return []


@pytest.fixture
async def client(parts: list[int]) -> AsyncIterator[Client]:
    patience = {"head_timeout_s": 0.3, "body_timeout_s": 0.2, "write_timeout_s": 0.3}
    async with served([HEALTH, echo(parts)], max_connections=300, max_connections_per_address=300, **patience) as found:
        yield found


def head(path: str, *more: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", *more, "", ""]).encode()


async def connected(client: Client, sent: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(sent)
    return reader, writer


async def test_an_upload_of_2_gb_is_refused_before_it_is_read(client: Client) -> None:
    for told in ("Content-Length: 2000000000", "Content-Length: 99999999999999999999999999"):
        reader, writer = await connected(client, head("/upload", told) + bytes(1000))
        async with asyncio.timeout(5):
            assert (await reader.readline()).split()[1] in (b"413", b"400")
        writer.close()


async def test_an_upload_that_does_not_say_how_long_it_is_is_refused_when_it_is_too_long(client: Client) -> None:
    reader, writer = await connected(client, head("/read", "Transfer-Encoding: chunked"))
    sent, answer = 0, asyncio.create_task(reader.readline())
    with suppress(OSError):
        while sent < 200_000_000:
            writer.write(b"8000\r\n" + bytes(0x8000) + b"\r\n")
            sent += 0x8000
            await writer.drain()
            await asyncio.sleep(0)
    assert sent < 20_000_000
    assert b" 413 " in await answer
    writer.close()


async def test_what_is_packed_is_not_unpacked(client: Client) -> None:
    bomb = gzip.compress(bytes(1_000_000))
    got = await client.post("/read", data=bomb, headers={"Content-Encoding": "gzip"})
    assert got.status == 415
    assert (await client.post("/read", data=bomb)).json == {"read": len(bomb)}


async def test_slow_heads_and_bodies_are_not_waited_for(client: Client) -> None:
    slow_head, head_writer = await connected(client, b"GET /health HTTP/1.1\r\nHost: loc")
    silent, silent_writer = await connected(client)
    slow_body, body_writer = await connected(client, head("/read", "Content-Length: 50000") + b"x")
    async with asyncio.timeout(5):
        assert (await slow_body.readline()).split()[1] == b"408"
        for reader in (slow_head, silent):
            assert await reader.read() == b""
    for writer in (head_writer, silent_writer, body_writer):
        writer.close()


async def test_a_reader_that_does_not_read_holds_little_and_is_let_go(client: Client, parts: list[int]) -> None:
    with socket.create_connection(("127.0.0.1", client.port)) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        reader.sendall(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await until(lambda: parts and parts[-1] == -1)
    assert sum(parts) < 20_000_000


async def test_few_long_uploads_are_read_at_once_and_short_requests_pass_by() -> None:
    routes = Routes(HttpSettings(max_body_kb=100))
    uploading = APIRouter(route_class=routes.needing(None, 10_000_000))
    begun = asyncio.Semaphore(0)

    @uploading.post("/upload")
    async def upload(request: Request) -> Response:
        begun.release()
        return JSONResponse({"read": len(await request.body())})

    async with served([uploading]) as client:
        held = [await connected(client, head("/upload", "Content-Length: 9000000") + bytes(9000)) for _ in range(4)]
        for _ in held:
            await begun.acquire()
        assert (await client.post("/upload", data=bytes(200_000))).status == 503
        assert (await client.post("/upload", data=chunks(bytes(1000), 200))).status == 503
        assert (await client.post("/upload", data=b"short")).json == {"read": 5}
        for _, writer in held:
            writer.close()
        async with asyncio.timeout(5):
            while (await client.post("/upload", data=bytes(200_000))).status != 200:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)


async def test_a_connection_is_good_for_more_where_a_request_was_refused_before_its_end(client: Client) -> None:
    reader, writer = await connected(client, head("/read", "Content-Length: 150000") + bytes(1000))
    async with asyncio.timeout(5):
        assert b" 413 " in await reader.readline()
        writer.write(bytes(149_000) + b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        rest = await reader.read()
    assert b"HTTP/1.1 200 " in rest
    writer.close()


async def chunks(each: bytes, number: int) -> AsyncGenerator[bytes, None]:
    """A body whose length is not told."""
    for _ in range(number):
        yield each


async def test_300_connections_do_not_keep_the_301st_out(client: Client) -> None:
    first = await connected(client, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await first[0].readuntil(b"alive")
    others = [await connected(client) for _ in range(299)]
    assert (await client.get("/health")).status == 200
    async with asyncio.timeout(5):
        assert await first[0].read() == b'"}', "whoever was idle longest had to leave"
    for _, writer in (first, *others):
        writer.close()


async def test_where_all_are_at_work_the_next_one_is_told_so(tmp_path: Path) -> None:
    async with house_served(tmp_path, max_connections_per_address=3) as (house, client):
        house.engine.gate = asyncio.Event()
        body = b'{"text": "Hello"}'
        asked = head("/tts", f"Content-Length: {len(body)}") + body
        busy = [await connected(client, asked) for _ in range(3)]
        await until(lambda: house.engine.speaking)
        assert (await client.raw(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")).startswith(b"HTTP/1.1 503 ")
        house.engine.gate.set()
        for reader, writer in busy:
            assert b" 200 " in await reader.readline()
            writer.close()


async def test_a_slow_reader_does_not_hold_the_engine(tmp_path: Path) -> None:
    async with house_served(tmp_path) as (house, client):
        body = b'{"text": "One. Two. Three. Four.", "sample_rate": 192000}'
        with socket.create_connection(("127.0.0.1", client.port)) as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.sendall(head("/tts", f"Content-Length: {len(body)}") + body)
            await until(lambda: len(house.engine.spoken) == 4 and not house.engine.speaking)
            assert (await client.post("/api/announce?wait_s=5", data="Hello")).json["state"] == "finished"


async def heard_ms(house: MiniatureHouse, id_: str) -> float:
    step = await house.until(id_, State.FINISHED)
    return step.timings_ms["first_audio"]


async def test_announcements_are_heard_while_a_crowd_asks_for_nonsense(tmp_path: Path) -> None:
    async with house_served(tmp_path, rate={"per_s": None}) as (house, client):
        end = time.monotonic() + 1.0

        async def nonsense() -> None:
            while time.monotonic() < end:
                await client.post("/tts", data=b"{" * 1000, headers={"Host": "evil.example"})

        crowding = [asyncio.create_task(nonsense()) for _ in range(20)]
        for number in range(10):
            await client.post("/api/announce", json={"text": f"Number {number}", "id": f"n{number}"})
        worst = max([await heard_ms(house, f"n{number}") for number in range(10)])
        await asyncio.gather(*crowding)
    assert worst < 1000
