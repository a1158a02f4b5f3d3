"""Health and readiness over HTTP, and the life of the door."""

import asyncio
import socket

import pytest
from http_houses import served

from voxd.errors import VoxdError
from voxd.frontends.http.frontend import HttpFrontend
from voxd.frontends.http.routes.health import health_router
from voxd.frontends.http.routes.route import Routes
from voxd.settings.http import HttpSettings

ROUTES = Routes(HttpSettings())


async def test_it_is_alive_and_ready() -> None:
    async with served([health_router(ROUTES, lambda: "")]) as client:
        alive, ready = await client.get("/health"), await client.get("/ready")
        assert (alive.status, alive.json) == (200, {"status": "alive"})
        assert (ready.status, ready.json) == (200, {"status": "ready"})
        only_heads = [await client.ask("HEAD", page) for page in ("/health", "/ready")]
        assert [(got.status, got.body) for got in only_heads] == [(200, b"")] * 2, "as wget --spider asks"


async def test_where_nobody_can_speak_it_is_alive_and_not_ready() -> None:
    async with served([health_router(ROUTES, lambda: "The model is being loaded")]) as client:
        assert (await client.get("/health")).status == 200
        unready = await client.get("/ready")
        assert (unready.status, unready.json["error"]) == (503, "The model is being loaded")


async def test_what_is_not_there_is_a_sentence() -> None:
    async with served([health_router(ROUTES, lambda: "")]) as client:
        nowhere, wrongly = await client.get("/nowhere"), await client.post("/health")
        assert (nowhere.status, nowhere.json["code"]) == (404, "not_found")
        assert (wrongly.status, wrongly.json["code"]) == (405, "wrong_method")
        assert "GET" in wrongly.headers["allow"]
        assert (await client.raw(b"\x16\x03\x01 this is no HTTP\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
        assert b'"error"' in await client.raw(b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n")


async def test_a_port_that_somebody_has_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        frontend = HttpFrontend(HttpSettings(enabled=True, port=port), [], "1.2.3")
        with pytest.raises(VoxdError, match=f"cannot listen on 127.0.0.1:{port} .*http.port"):
            await frontend.start()


async def test_a_door_that_closes_lets_what_is_nearly_done_come_to_its_end() -> None:
    frontend = HttpFrontend(HttpSettings(enabled=True, port=0), [health_router(ROUTES, lambda: "")], "1.2.3")
    await frontend.start()
    serving = asyncio.create_task(frontend.run())
    reader, writer = await asyncio.open_connection("127.0.0.1", frontend.port)
    writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (await reader.readuntil(b"alive")).startswith(b"HTTP/1.1 200 ")
    assert frontend.healthy
    await frontend.stop()
    assert await reader.read() == b'"}'
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    writer.close()
