"""The HTTP client: nothing but the server that it is for, and every wait and every answer bounded."""

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from certificates import certificate
from waiting import until

from voxd.errors import BadRequestError, ProtocolError
from voxd.lib.os_errors import in_words
from voxd.settings.section import ClientTlsSettings
from voxd.wire.http.client import HttpClient, Part, Timeouts
from voxd.wire.http.troubles import told_plainly

PATIENT = Timeouts(5.0, 5.0, 5.0)
HASTY = Timeouts(0.2, 0.2, 0.2)
Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """What was asked of it, from which ports, and how many answers were left before their end."""

    url: str = ""
    requests: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)
    left: int = 0

    @property
    def connections(self) -> int:
        """From how many connections it was asked."""
        return len(set(self.peers))


@asynccontextmanager
async def server(
    answering: Answering | None = None, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", keep_s: float = 60.0
) -> AsyncIterator[Server]:
    """One that answers everything in that way, or with `ok`."""
    known = Server()

    async def answer(request: web.Request) -> web.StreamResponse:
        known.requests.append(request)
        assert request.transport is not None
        known.peers.append(str(request.transport.get_extra_info("peername")))
        known.bodies.append(await request.read())
        try:
            return await answering(request) if answering else web.Response(text="ok")
        except (asyncio.CancelledError, ConnectionError):
            known.left += 1
            raise

    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True, keepalive_timeout=keep_s
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, 0, ssl_context=tls).start()
        port = runner.addresses[0][1]
        known.url = f"http{'s' if tls else ''}://{f'[{host}]' if ':' in host else host}:{port}"
        yield known
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw(data: bytes) -> AsyncIterator[str]:
    """A server that answers those bytes and ends; its URL."""

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(data)
            await writer.drain()
        writer.close()

    listening = await asyncio.start_server(accepted, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()


@asynccontextmanager
async def client(
    url: str, timeouts: Timeouts = PATIENT, tls: ClientTlsSettings | None = None, token_file: Path | None = None
) -> AsyncIterator[HttpClient]:
    """A client for it, closed afterwards."""
    made = HttpClient(url, timeouts, tls, token_file)
    try:
        yield made
    finally:
        await made.close()
        await asyncio.sleep(0)


async def body(of: HttpClient, path: str = "/") -> bytes:
    """The whole answer."""
    async with of.asked("GET", path) as answer:
        return await answer.whole()


async def test_a_connection_is_kept_for_the_next_request() -> None:
    async with server() as there, client(there.url) as asking:
        for _ in range(3):
            assert await body(asking) == b"ok"
        assert there.connections == 1


async def test_a_kept_connection_that_the_server_has_closed_harms_nothing() -> None:
    async with server(keep_s=0.05) as there, client(there.url) as asking:
        for _ in range(3):
            assert await body(asking) == b"ok"
            await asyncio.sleep(0.15)
        assert there.connections == 3


async def test_an_answer_that_is_left_drops_its_connection_at_once() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(10_000))
            await asyncio.sleep(0.001)

    async with server(endless) as there, client(there.url) as asking:
        async with asking.asked("POST") as answer:
            await anext(answer.pieces())
        await until(lambda: there.left == 1)


@pytest.mark.parametrize("sent", ["nothing", "json", "form"])
async def test_a_request_that_is_cancelled_drops_its_connection(sent: str) -> None:
    gone = asyncio.Event()
    megabytes = 5_000_000 * (sent != "nothing")
    content: dict[str, Any] = {"json": {"audio": "A" * megabytes}}
    if sent == "form":
        content = {"form": {"audio": Part("clip.wav", bytes(megabytes), "audio/wav")}}

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while await reader.read(100_000):
                pass
        gone.set()
        writer.close()

    listening = await asyncio.start_server(accepted, "127.0.0.1", 0)
    async with client(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}") as asking:

        async def ask() -> None:
            async with asking.asked("POST", **content):
                pass

        waiting = asyncio.create_task(ask())
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.wait({waiting})
        async with asyncio.timeout(5):
            await gone.wait()
    listening.close()


async def test_it_goes_nowhere_else_and_asks_nobody_to_pass_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async with server() as elsewhere:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, elsewhere.url)

        async def redirect(_: web.Request) -> web.StreamResponse:
            raise web.HTTPTemporaryRedirect(f"{elsewhere.url}/v1?token=secret")

        async with server(redirect) as there, client(there.url) as asking:
            with pytest.raises(ProtocolError, match=r"elsewhere \(307 to http://127.0.0.1:[0-9]+/v1\)"):
                await body(asking)
        assert not elsewhere.requests


async def test_no_cookie_is_kept() -> None:
    async def bake(_: web.Request) -> web.StreamResponse:
        response = web.Response(text="ok")
        response.set_cookie("who", "you")
        return response

    async with server(bake) as there, client(there.url) as asking:
        await body(asking)
        await body(asking)
        assert "Cookie" not in there.requests[1].headers


async def test_the_token_is_read_anew_for_every_request(tmp_path: Path) -> None:
    file = tmp_path / "token"
    async with server() as there, client(there.url, token_file=file) as asking:
        for token in ("first", "second"):
            file.write_text(f"{token}\n")
            await body(asking)
        assert [request.headers["Authorization"] for request in there.requests] == ["Bearer first", "Bearer second"]
        file.unlink()
        with pytest.raises(ProtocolError, match="token"):
            await body(asking)
        assert len(there.requests) == 2


async def test_what_is_asked_for_arrives_as_it_was_given() -> None:
    async with server() as there, client(f"{there.url}/v1") as asking:
        async with asking.asked("POST", "/speech", json={"text": "Grüße ☃"}) as answer:
            assert (answer.status, answer.content_type) == (200, "text/plain")
        async with asking.asked("GET", "/voices", query={"path": "/data/a b&c=ü.wav"}):
            pass
        async with asking.asked("POST", "/voices", form={"name": "mum", "clip": Part("a.wav", b"RIFF", "audio/wav")}):
            pass
        said, listed, uploaded = there.requests
        assert (said.path, await said.json()) == ("/v1/speech", {"text": "Grüße ☃"})
        assert listed.query == {"path": "/data/a b&c=ü.wav"}
        assert uploaded.content_type == "multipart/form-data"
        assert b'filename="a.wav"' in there.bodies[2]
        assert said.headers["Accept-Encoding"] == "identity"


async def test_half_a_character_is_refused_where_it_cannot_be_sent() -> None:
    async with server() as there, client(there.url) as asking:
        with pytest.raises(BadRequestError, match="half of a character"):
            async with asking.asked("POST", form={"text": "\ud83d"}):
                pass
        assert await body(asking) == b"ok"


async def test_waits_end_in_time_and_say_what_was_waited_for() -> None:
    async def late(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        raise AssertionError

    async def falls_silent(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"some")
        return await late(request)

    async with server(late) as there, client(there.url, HASTY) as asking:
        with pytest.raises(TimeoutError, match=r"no answer within 0\.2 s"):
            await body(asking)
        await until(lambda: there.left == 1)
    async with server(falls_silent) as there, client(there.url, HASTY) as asking:
        with pytest.raises(TimeoutError, match=r"sent nothing for 0\.2 s"):
            await body(asking)
        await until(lambda: there.left == 1)


async def test_a_host_that_does_not_take_connections_is_left_in_time() -> None:
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = [socket.socket() for _ in range(4)]
    try:
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        async with client(f"http://127.0.0.1:{full.getsockname()[1]}", Timeouts(0.2, 60, 60)) as asking:
            with pytest.raises(OSError, match="timed out") as raised:
                await body(asking)
        assert raised.value.errno == errno.ETIMEDOUT
        assert in_words(raised.value) == "Connection timed out"
    finally:
        for one in (*waiting, full):
            one.close()


async def test_a_long_answer_is_refused() -> None:
    async def long(_: web.Request) -> web.StreamResponse:
        return web.Response(body=bytes(2000))

    async with server(long) as there, client(there.url) as asking, asking.asked("GET") as answer:
        with pytest.raises(ProtocolError, match="more than 1000 bytes"):
            await answer.whole(1000)


@pytest.mark.parametrize(
    ("data", "kind", "told"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", ProtocolError, "does not speak HTTP"),
        (b"", ConnectionResetError, "reset by peer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", ProtocolError, "broke off in the middle"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", ProtocolError, "HTTP|broke off"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", ProtocolError, "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 10_000 + b"\r\n", ProtocolError, "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b", ProtocolError, "packs its answer"),
    ],
    ids=["ssh", "nothing", "short", "chunks", "long header", "many headers", "gzip"],
)
async def test_what_is_no_answer_is_told_in_words(data: bytes, kind: type[Exception], told: str) -> None:
    async with raw(data) as url, client(url) as asking:
        with pytest.raises(kind, match=told) as raised:
            await body(asking)
        assert "\n" not in str(raised.value)
        assert len(str(raised.value)) < 300


def test_a_kept_connection_that_ends_while_a_request_is_written_is_told_as_that() -> None:
    with pytest.raises(ConnectionResetError, match="reset by peer"), told_plainly():
        raise aiohttp.ClientOSError(None, "Can not write request body for http://gpu/v1/audio/speech")


async def test_an_unknown_name_and_a_closed_port_are_told_in_words() -> None:
    async with client("http://no-such-name.invalid") as asking:
        with pytest.raises(socket.gaierror):
            await body(asking)
    for host in ("127.0.0.1", "localhost"):
        async with client(f"http://{host}:1") as asking:
            with pytest.raises(ConnectionRefusedError, match="refused"):
                await body(asking)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
async def test_an_address_of_ipv6_is_one() -> None:
    async with server(host="::1") as there, client(there.url) as asking:
        assert await body(asking) == b"ok"
        assert there.requests[0].host.startswith("[::1]:")


async def test_a_server_is_known_by_the_owners_certificate_and_files_that_change_are_read_again(tmp_path: Path) -> None:
    ours = certificate(tmp_path)
    other = certificate(tmp_path, name="other")
    there_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    there_tls.load_cert_chain(ours.cert, ours.key)
    ca = tmp_path / "ca.crt"
    async with server(tls=there_tls) as there:
        async with client(there.url) as asking:
            with pytest.raises(ssl.SSLError) as raised:
                await body(asking)
            assert "its certificate is not trusted" in in_words(raised.value)
        async with client(there.url, tls=ClientTlsSettings(ca_file=ca)) as asking:
            with pytest.raises(ProtocolError, match=r"ca\.crt cannot be read"):
                await body(asking)
            ca.write_bytes(other.cert.read_bytes())
            with pytest.raises(ssl.SSLError):
                await body(asking)
            ca.write_bytes(ours.cert.read_bytes() * 2)
            assert await body(asking) == b"ok"


async def test_tls_at_a_port_without_is_told_in_words() -> None:
    async with server() as there, client(there.url.replace("http:", "https:")) as asking:
        with pytest.raises(ssl.SSLError) as raised:
            await body(asking)
        assert in_words(raised.value) == "TLS failed (wrong version number)"
