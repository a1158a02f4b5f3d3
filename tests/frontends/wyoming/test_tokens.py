"""Where the owner has set a token, clients from beyond this machine have to show it first."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from waiting import until

from voxd.errors import VoxdError
from voxd.frontends.wyoming import WyomingFrontend
from voxd.settings import WyomingSettings

Start = Callable[..., Awaitable[WyomingFrontend]]

TOKEN = "ein-Schlüssel"
DESCRIBE = b'{"type": "describe"}\n'


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    return file


@pytest.fixture
async def frontend(start: Start, token_file: Path, beyond: str) -> WyomingFrontend:
    return await start(host="0.0.0.0", allow=[beyond, "127.0.0.0/8"], token_file=str(token_file))


def shown(token: object) -> bytes:
    return json.dumps({"type": "authenticate", "data": {"token": token}}).encode() + b"\n"


async def answers(frontend: WyomingFrontend, host: str, sent: bytes, count: int) -> list[dict[str, Any]]:
    """So many events that come, or all until the end, each with its data."""
    reader, writer = await asyncio.open_connection(host, frontend.port)
    writer.write(sent)
    heard: list[dict[str, Any]] = []
    async with asyncio.timeout(5):
        while len(heard) < count and (line := await reader.readline()):
            header = json.loads(line)
            data = json.loads(await reader.readexactly(header.get("data_length", 0)) or b"{}")
            heard.append({"type": header["type"], **data})
    writer.transport.abort()
    return heard


async def test_who_shows_the_token_is_served(frontend: WyomingFrontend, beyond: str) -> None:
    heard = await answers(frontend, beyond, shown(TOKEN) + DESCRIBE + shown(TOKEN), 3)
    assert [event["type"] for event in heard] == ["authenticated", "info", "authenticated"]


@pytest.mark.parametrize(
    "first",
    [DESCRIBE, b'{"type": "nonsense"}\n', shown("wrong"), shown(""), shown("\ud800"), shown(TOKEN + "\n")],
    ids=["none", "something unknown", "wrong", "empty", "no text", "nearly"],
)
async def test_who_does_not_is_told_so_and_closed(
    frontend: WyomingFrontend, beyond: str, first: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        (error,) = await answers(frontend, beyond, first + DESCRIBE + shown(TOKEN), 9)
        assert (error["type"], error["code"]) == ("error", "not_authenticated")
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert beyond in record.getMessage()
    assert "token" in record.getMessage()
    assert "wrong" not in record.getMessage()
    await until(lambda: not frontend.door.connections)


@pytest.mark.parametrize("token", [None, 5, ["x"], {}])
async def test_a_token_that_is_no_string_is_bad_input(frontend: WyomingFrontend, beyond: str, token: object) -> None:
    (error,) = await answers(frontend, beyond, shown(token), 9)
    assert error["code"] == "protocol_error"


async def test_a_wrong_token_after_the_right_one_ends_it(frontend: WyomingFrontend, beyond: str) -> None:
    heard = await answers(frontend, beyond, shown(TOKEN) + shown("wrong") + DESCRIBE, 9)
    assert [event["type"] for event in heard] == ["authenticated", "error"]


async def test_this_machine_needs_no_token(frontend: WyomingFrontend) -> None:
    heard = await answers(frontend, "127.0.0.1", DESCRIBE + shown("any"), 2)
    assert [event["type"] for event in heard] == ["info", "authenticated"]


async def test_where_no_token_is_set_any_is_taken(start: Start) -> None:
    frontend = await start()
    heard = await answers(frontend, "127.0.0.1", shown("any") + DESCRIBE, 2)
    assert [event["type"] for event in heard] == ["authenticated", "info"]


async def test_a_new_token_holds_from_the_next_client_on(
    frontend: WyomingFrontend, beyond: str, token_file: Path
) -> None:
    token_file.write_text("")
    with pytest.raises(VoxdError, match="must hold a token"):
        frontend.reread()
    assert (await answers(frontend, beyond, shown(TOKEN), 1))[0]["type"] == "authenticated"
    token_file.write_text("another")
    frontend.reread()
    assert (await answers(frontend, beyond, shown(TOKEN), 1))[0]["type"] == "error"
    assert (await answers(frontend, beyond, shown("another"), 1))[0]["type"] == "authenticated"


async def test_without_a_readable_token_the_door_stays_shut(tmp_path: Path, renderer: Any) -> None:
    (tmp_path / "empty").touch()
    for name, reason in (("none", "No such file"), ("empty", "must hold a token"), ("", "Is a directory")):
        settings = WyomingSettings(port=0, token_file=tmp_path / name)
        with pytest.raises(VoxdError, match=rf"{reason}|wyoming\.token_file"):
            await WyomingFrontend(settings, renderer, "1").start()
