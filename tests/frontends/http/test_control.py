"""The control socket: announcements and renderings for the command line, and no harm from anybody."""

import asyncio
import http.client
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from engines_for_tests import WatchedSine
from miniature_house import MiniatureHouse

from voxd.commands.control_client import ControlClient, DaemonAwayError
from voxd.errors import VoxdError
from voxd.frontends.http.connection import BODY_MAX_BYTES
from voxd.frontends.http.control import ControlFrontend
from voxd.frontends.http.voice_pages import VoicePages
from voxd.synthesis.engine_room import EngineRoom

ENGINES = {"sine": WatchedSine()}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[MiniatureHouse]:
    async with MiniatureHouse(tmp_path).alive() as living:
        yield living


@pytest.fixture
async def file(house: MiniatureHouse, tmp_path: Path) -> AsyncIterator[Path]:
    """The socket of a frontend that serves."""
    path = tmp_path / "run" / "control.sock"
    frontend = ControlFrontend(
        path,
        house.announcer,
        house.renderer,
        house.progress,
        EngineRoom(ENGINES),
        VoicePages(house.voice_desk),
        "1.2.3",
    )
    await frontend.start()
    serving = asyncio.create_task(frontend.run())
    assert frontend.healthy
    yield path
    await frontend.stop()
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving
    assert not path.exists()


async def raw(file: Path, sent: bytes) -> tuple[int, dict[str, Any]]:
    """The status and the JSON of the answer to any bytes."""

    def ask() -> tuple[int, dict[str, Any]]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(file))
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(sent)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            with answer:
                return answer.status, json.loads(answer.read() or b"{}")

    return await asyncio.to_thread(ask)


def post(path: str, body: bytes) -> bytes:
    return b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(body)) + body


async def test_the_socket_is_for_owner_and_group(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o660


async def test_an_announcement_is_answered_when_it_was_heard(file: Path, house: MiniatureHouse) -> None:
    answer = await asyncio.to_thread(ControlClient(file).announce, {"text": "Hello"}, 10.0)
    assert answer["state"] == "finished"
    assert len(house.outputs["kitchen"].heard) == 1


async def test_an_announcement_nobody_waits_for_is_answered_when_it_is_accepted(file: Path) -> None:
    answer = await asyncio.to_thread(ControlClient(file).announce, {"text": "Hello", "id": "mine"}, 0.0)
    assert answer == {"id": "mine", "state": "accepted"}


async def test_a_rendering_is_a_wav(file: Path) -> None:
    parts = await asyncio.to_thread(lambda: list(ControlClient(file).render({"text": "Hello"})))
    wav = b"".join(parts)
    assert wav[:4] == b"RIFF"
    assert struct.unpack_from("<I", wav, 24) == (22050,)
    assert len(wav) > 1000


@pytest.mark.parametrize("verb", ["announce", "render"])
async def test_a_refusal_is_a_sentence(file: Path, verb: str) -> None:
    client = ControlClient(file)
    wish = {"text": "Hello", "voice": "nobody"}
    ask = {"announce": lambda: client.announce(wish, 1.0), "render": lambda: list(client.render(wish))}
    with pytest.raises(VoxdError, match="nobody"):
        await asyncio.to_thread(ask[verb])


async def test_a_rendering_that_breaks_off_is_not_taken_for_whole(file: Path, house: MiniatureHouse) -> None:
    house.engine.fails_after = 2
    with pytest.raises(VoxdError):
        await asyncio.to_thread(lambda: list(ControlClient(file).render({"text": "Hello"})))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /api/announce HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (post("/api/announce", b"{"), 400),
        (post("/api/announce", b"{}"), 400),
        (post("/api/announce?wait_s=soon", b"Hello"), 400),
        (post("/api/announce?wait_s=nan", b"Hello"), 400),
        (post("/api/announce", b"\xff"), 400),
        (post("/api/announce", b"x" * (BODY_MAX_BYTES + 1)), 413),
        (b"\x16\x03\x01 this is no HTTP\r\n\r\n", 400),
        (b"POST /api/announce HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 400),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 431),
    ],
)
async def test_bad_requests_are_answered_and_harm_nobody(file: Path, sent: bytes, status: int) -> None:
    got, answer = await raw(file, sent)
    assert got == status
    assert answer["error"]
    assert (await raw(file, post("/api/announce", b"Still here")))[0] == 202


async def test_several_requests_share_a_connection(file: Path) -> None:
    def ask_twice() -> list[int]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(file))
            statuses = []
            for _ in range(2):
                connection.sendall(post("/api/announce", b"Hello"))
                with http.client.HTTPResponse(connection) as answer:
                    answer.begin()
                    answer.read()
                    statuses.append(answer.status)
            return statuses

    assert await asyncio.to_thread(ask_twice) == [202, 202]


async def test_nobody_listening_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DaemonAwayError):
        await asyncio.to_thread(ControlClient(tmp_path / "none").announce, {"text": "x"}, 0.0)


async def test_a_socket_left_behind_is_replaced_and_a_living_one_is_not(file: Path, house: MiniatureHouse) -> None:
    second = ControlFrontend(
        file, house.announcer, house.renderer, house.progress, EngineRoom({}), VoicePages(house.voice_desk), "1.2.3"
    )
    with pytest.raises(VoxdError, match="Another voxd"):
        await second.start()
    stale = file.with_name("stale.sock")
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(stale))
    third = ControlFrontend(
        stale, house.announcer, house.renderer, house.progress, EngineRoom({}), VoicePages(house.voice_desk), "1.2.3"
    )
    await third.start()
    await third.stop()


async def test_the_status_tells_how_the_house_and_its_engines_are(file: Path) -> None:
    loaded: dict[str, Any] = {"device": "cpu", "embeddings": {"held": 2}}
    ENGINES["sine"].turn("ready", **loaded)
    assert await asyncio.to_thread(ControlClient(file).status) == {
        "version": "1.2.3",
        "state": "idle",
        "playing": [],
        "waiting": 0,
        "fallbacks": {},
        "engines": {"sine": {"state": "ready", "reason": "", **loaded}},
    }
    assert (await raw(file, post("/api/status", b"{}")))[0] == 405
