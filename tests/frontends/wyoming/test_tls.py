"""Clients that can may speak TLS on the port that all others use."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from certificates import Certificate, certificate, encrypted_key, expired
from waiting import until
from wyoming.event import Event, async_read_event, async_write_event
from wyoming.info import Describe
from wyoming.tts import Synthesize

from voxd.errors import VoxdError
from voxd.frontends.wyoming import WyomingFrontend
from voxd.settings import WyomingSettings
from voxd.wire.wyoming.patience import Patience
from voxd.wire.wyoming.tls import HANDSHAKES_MAX

Start = Callable[..., Awaitable[WyomingFrontend]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

HELLO_BEGUN = b"\x16\x03\x01\x02\x00\x01"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
async def frontend(start: Start, own: Certificate) -> WyomingFrontend:
    return await start(tls=own.settings)


def trusting(own: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=own.cert)


@asynccontextmanager
async def connected(frontend: WyomingFrontend, context: ssl.SSLContext | None) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", frontend.port, ssl=context)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def asked(streams: Streams, event: Event) -> Event:
    async with asyncio.timeout(5):
        await async_write_event(event, streams[1])
        answer = await async_read_event(streams[0])
    assert answer is not None
    return answer


async def reply(streams: Streams, text: str) -> bytes:
    await async_write_event(Synthesize(text).event(), streams[1])
    pcm = b""
    async with asyncio.timeout(20):
        while (event := await async_read_event(streams[0])) is not None and event.type != "audio-stop":
            pcm += event.payload or b""
    return pcm


async def test_tls_and_plain_clients_are_served_on_one_port(frontend: WyomingFrontend, own: Certificate) -> None:
    async with connected(frontend, trusting(own)) as safe, connected(frontend, None) as plain:
        assert [(await asked(one, Describe().event())).type for one in (safe, plain)] == ["info", "info"]
        assert await reply(safe, "word") == await reply(plain, "word") != b""


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_long_reply_arrives_whole(frontend: WyomingFrontend, own: Certificate, version: ssl.TLSVersion) -> None:
    context = trusting(own)
    context.maximum_version = context.minimum_version = version
    async with connected(frontend, context) as safe:
        assert len(await reply(safe, "abc*5000 def*2000")) == (3 * 5000 + 3 * 2000) * 440


async def test_many_events_at_once_are_all_answered(frontend: WyomingFrontend, own: Certificate) -> None:
    async with connected(frontend, trusting(own)) as (reader, writer):
        writer.write(b'{"type": "ping"}\n' * 2000)
        async with asyncio.timeout(20):
            answers = [await async_read_event(reader) for _ in range(2000)]
    assert {answer.type for answer in answers if answer} == {"pong"}


async def test_an_error_is_said_and_the_connection_closed(frontend: WyomingFrontend, own: Certificate) -> None:
    async with connected(frontend, trusting(own)) as safe:
        safe[1].write(b"{\n")
        answer = await async_read_event(safe[0])
        assert answer is not None
        assert answer.data["code"] == "protocol_error"
        assert await asyncio.wait_for(safe[0].read(), 5) == b""
        await until(lambda: not frontend.door.connections)


async def test_a_client_that_says_goodbye_is_gone(frontend: WyomingFrontend, own: Certificate, renderer: Any) -> None:
    async with connected(frontend, trusting(own)) as safe:
        await async_write_event(Synthesize("HANG").event(), safe[1])
        await until(lambda: renderer.rendering)
        safe[1].close()
        await until(lambda: not frontend.door.connections and not renderer.rendering)


@pytest.mark.parametrize("sent", [HELLO_BEGUN, b"\x16", b"\x16" * 40_000, HELLO_BEGUN + b"\xff" * 600, b"\x16\n{}\n"])
async def test_a_handshake_that_leads_nowhere_ends_in_time_and_harms_nobody(
    start: Start, own: Certificate, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    frontend = await start(Patience(handshake_s=0.3, tend_every_s=0.05), tls=own.settings)
    async with connected(frontend, None) as (reader, writer):
        writer.write(sent)
        async with asyncio.timeout(5):
            assert b"{" not in await reader.read()
    await until(lambda: not frontend.door.connections)
    async with connected(frontend, trusting(own)) as safe:
        assert (await asked(safe, Describe().event())).type == "info"
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_handshakes_without_end_do_not_keep_others_from_theirs(
    frontend: WyomingFrontend, own: Certificate
) -> None:
    async with AsyncExitStack() as crowd:
        for _ in range(2 * HANDSHAKES_MAX):
            _, writer = await crowd.enter_async_context(connected(frontend, None))
            writer.write(HELLO_BEGUN)
        await until(lambda: len(frontend.door.connections) == HANDSHAKES_MAX)
        async with connected(frontend, trusting(own)) as safe:
            assert (await asked(safe, Describe().event())).type == "info"


async def test_a_renewed_certificate_is_shown_from_the_next_client_on(
    start: Start, tmp_path: Path, own: Certificate
) -> None:
    first = certificate(tmp_path)
    frontend = await start(tls=first.settings)
    async with connected(frontend, trusting(first)) as inside:
        first.cert.write_bytes(own.cert.read_bytes())
        with pytest.raises(VoxdError, match=r"is not that of the certificate in .* \(wyoming\.tls\)"):
            frontend.reread()
        async with connected(frontend, None), connected(frontend, None):
            pass
        first.key.write_bytes(own.key.read_bytes())
        frontend.reread()
        async with connected(frontend, trusting(own)) as new:
            assert (await asked(new, Describe().event())).type == "info"
        assert (await asked(inside, Describe().event())).type == "info"


async def test_what_is_wrong_with_a_certificate_is_told_at_the_start(
    tmp_path: Path, own: Certificate, renderer: Any
) -> None:
    other = certificate(tmp_path, name="other")
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("nonsense")
    for cert, key, reason in (
        (tmp_path / "none", own.key, "none cannot be read: No such file"),
        (own.cert, other.key, "is not that of the certificate in"),
        (nonsense, own.key, "must hold a certificate and its key, in PEM"),
        (own.cert, nonsense, "must hold a certificate and its key, in PEM"),
        (own.cert, encrypted_key(own, tmp_path), "is encrypted; give it without a passphrase"),
    ):
        settings = WyomingSettings.model_validate({"port": 0, "tls": {"cert_file": str(cert), "key_file": str(key)}})
        with pytest.raises(VoxdError, match=rf"{reason}.* \(wyoming\.tls\)"):
            await WyomingFrontend(settings, renderer, "1").start()


async def test_an_expired_certificate_is_told_of(
    start: Start, tmp_path: Path, own: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    await start(tls=own.settings)
    assert not caplog.records
    await start(tls=expired(own, tmp_path).settings)
    (record,) = caplog.records
    assert "has expired" in record.getMessage()
