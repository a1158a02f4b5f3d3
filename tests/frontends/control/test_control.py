"""The control socket: announcements and renderings for the command line, and no harm from anybody."""

import asyncio
import http.client
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engines_for_tests import WatchedSine, voice
from miniature_house import MiniatureHouse
from remembering_orders import RememberingOrders, past
from waiting import until

from voxd.announcing.selection import Selection
from voxd.audio.chimes import CHIMES
from voxd.commands.control_client import ControlClient, DaemonAwayError
from voxd.commands.status import show
from voxd.errors import VoxdError
from voxd.frontends.control.connection import BODY_MAX_BYTES
from voxd.frontends.control.frontend import ControlFrontend
from voxd.frontends.control.order_pages import OrderPages
from voxd.frontends.control.voice_pages import VoicePages
from voxd.frontends.resting import resting
from voxd.model.announcement import Priority, State
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId
from voxd.settings import Settings
from voxd.synthesis.engine import EngineHealth
from voxd.synthesis.engine_room import EngineRoom

ENGINES = {"sine": WatchedSine()}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[MiniatureHouse]:
    async with MiniatureHouse(tmp_path).alive() as living:
        yield living


@pytest.fixture
def orders() -> RememberingOrders:
    return RememberingOrders()


@pytest.fixture
async def file(house: MiniatureHouse, orders: RememberingOrders, tmp_path: Path) -> AsyncIterator[Path]:
    """The socket of a frontend that serves."""
    path = tmp_path / "run" / "control.sock"
    frontend = ControlFrontend(
        path,
        house.announcer,
        house.renderer,
        house.progress,
        EngineRoom(ENGINES),
        VoicePages(house.voice_desk),
        OrderPages(orders),
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


async def test_a_client_that_lingers_is_no_error_when_the_door_closes(
    house: MiniatureHouse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told = house.progress, EngineRoom({}), VoicePages(house.voice_desk), OrderPages(RememberingOrders()), "1.2.3"
    frontend = ControlFrontend(tmp_path / "control.sock", house.announcer, house.renderer, *told)
    await frontend.start()
    _, lingering = await asyncio.open_unix_connection(tmp_path / "control.sock")
    await until(lambda: frontend._open)
    await frontend.stop()
    await asyncio.sleep(0)
    lingering.close()
    assert caplog.text == ""


async def test_nobody_listening_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DaemonAwayError):
        await asyncio.to_thread(ControlClient(tmp_path / "none").announce, {"text": "x"}, 0.0)


async def test_a_socket_left_behind_is_replaced_and_a_living_one_is_not(file: Path, house: MiniatureHouse) -> None:
    second = ControlFrontend(
        file,
        house.announcer,
        house.renderer,
        house.progress,
        EngineRoom({}),
        VoicePages(house.voice_desk),
        OrderPages(RememberingOrders()),
        "1.2.3",
    )
    with pytest.raises(VoxdError, match="Another voxd"):
        await second.start()
    stale = file.with_name("stale.sock")
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(stale))
    third = ControlFrontend(
        stale,
        house.announcer,
        house.renderer,
        house.progress,
        EngineRoom({}),
        VoicePages(house.voice_desk),
        OrderPages(RememberingOrders()),
        "1.2.3",
    )
    await third.start()
    await third.stop()


async def test_the_status_tells_how_the_house_and_its_engines_are(file: Path) -> None:
    loaded: dict[str, Any] = {"device": "cpu", "embeddings": {"held": 2}}
    ENGINES["sine"].turn("ready", **loaded)
    assert await asyncio.to_thread(ControlClient(file).status) == {
        "version": "1.2.3",
        "sick": [],
        "state": "idle",
        "playing": [],
        "waiting": 0,
        "alarms": [],
        "paused": [],
        "undisturbed": [],
        "lost": {},
        "fallbacks": {},
        "voice": "sine-anna",
        "voices": ["sine-anna", "sine-bert"],
        "chime": "default",
        "chimes": sorted(CHIMES),
        "rate": 1.0,
        "volume": {"kitchen": 100, "attic": 100},
        "siren": [],
        "zones_playing": [],
        "last_error": "",
        "first_audio_ms": None,
        "engines": {"sine": {"state": "ready", "reason": "", **loaded}},
        "resting": {},
    }
    assert (await raw(file, post("/api/status", b"{}")))[0] == 405


def test_the_voices_of_an_engine_that_is_away_rest_with_its_reason() -> None:
    voices = [voice("sine"), replace(voice("sine"), name=VoiceId("mum")), replace(voice("other"), name=VoiceId("dad"))]
    away = EngineHealth("failed", "10.0.0.7:10200:\nConnection refused")
    loading = EngineHealth("loading")
    assert resting(voices, {"sine": away, "other": EngineHealth("ready")}) == {
        "mum": "10.0.0.7:10200: Connection refused"
    }
    assert resting(voices, {"sine": loading, "other": loading}) == {
        "mum": "The engine sine is loading",
        "dad": "The engine other is loading",
    }


async def test_the_status_is_a_problem_where_something_is_not_well(
    house: MiniatureHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = house.progress, EngineRoom({}), VoicePages(house.voice_desk), OrderPages(RememberingOrders()), "1.2.3"
    sick = ["wyoming"]
    path = tmp_path / "control.sock"
    frontend = ControlFrontend(path, house.announcer, house.renderer, *told, lambda: sick)
    settings = Settings.model_validate({"paths": {"state": str(tmp_path)}})
    await frontend.start()
    with pytest.raises(VoxdError, match="Not healthy: wyoming"):
        await asyncio.to_thread(show, settings, as_json=False)
    assert "(voxd 1.2.3)" in capsys.readouterr().out, "the rest is told all the same"
    sick.clear()
    await asyncio.to_thread(show, settings, as_json=False)
    await frontend.stop()


@pytest.mark.parametrize("verb", ["acknowledge", "stop", "skip", "clear", "replay"])
async def test_an_order_is_about_an_id_or_zones_or_all(file: Path, orders: RememberingOrders, verb: str) -> None:
    hall = Selection(zones=(ZoneId("hall"),))
    assert await raw(file, post(f"/api/{verb}", b"")) == (200, {"ids": ["a1"]})
    assert await raw(file, post(f"/api/{verb}", b"a1")) == (200, {"ids": ["a1"]})
    assert await raw(file, post(f"/api/{verb}", b'{"zones": "hall"}')) == (200, {"ids": ["a1"]})
    a1 = Selection(AnnouncementId("a1"))
    assert orders.given == [(verb, Selection()), (verb, a1), (verb, hall)]


async def test_zones_are_paused_and_resumed(file: Path, orders: RememberingOrders) -> None:
    await raw(file, post("/api/pause", b'{"zones": "hall"}'))
    await raw(file, post("/api/resume", b""))
    assert orders.given == [("pause", Selection(zones=(ZoneId("hall"),))), ("resume", Selection())]


async def test_do_not_disturb_is_switched_on_and_off(file: Path, orders: RememberingOrders) -> None:
    wish = b'{"zones": "hall", "on": true, "passes": "high"}'
    hall = {"zones": ["hall"], "on": True, "passes": "high"}
    assert await raw(file, post("/api/do_not_disturb", wish)) == (200, hall)
    assert await raw(file, post("/api/do_not_disturb", b"off")) == (200, {"zones": [], "on": False, "passes": None})
    assert orders.quiet == [((ZoneId("hall"),), Priority.HIGH), ((), None)]


async def test_the_history_is_told_newest_first(file: Path, orders: RememberingOrders) -> None:
    orders.past = (past("b", "Newer"), past("a"))
    status, told = await raw(file, b"GET /api/history?limit=1&state=finished HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status == 200
    (newer,) = told["announcements"]
    assert (newer["id"], newer["text"], newer["state"], newer["engine"]) == ("b", "Newer", "finished", "espeak")
    assert newer["at"] == "1970-01-01T00:00:02.000+00:00"
    assert orders.asked == [(1, State.FINISHED)]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (post("/api/stop", b"a2"), 400),
        (post("/api/stop", b'{"zones": "attic"}'), 400),
        (post("/api/do_not_disturb", b""), 400),
        (post("/api/history", b""), 405),
        (b"GET /api/stop HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"GET /api/history?limit=all HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ],
)
async def test_a_wrong_order_is_answered_with_a_sentence(file: Path, sent: bytes, status: int) -> None:
    got, answer = await raw(file, sent)
    assert got == status
    assert answer["error"]


async def test_the_owner_may_say_alarms_here(file: Path, house: MiniatureHouse) -> None:
    alarm = {"text": "Fire", "priority": "alarm", "id": "fire"}
    assert (await asyncio.to_thread(ControlClient(file).announce, alarm, 0.0))["state"] == "accepted"
    assert (await house.until("fire", State.PLAYING)).priority is Priority.ALARM
