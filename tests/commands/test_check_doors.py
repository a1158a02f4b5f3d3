"""What `voxd check` says of the HTTP door."""

import socket
from pathlib import Path

import pytest

from voxd.commands.checks.doors import Door, doors, opened
from voxd.errors import VoxdError
from voxd.settings import Settings


def settings(**http: object) -> Settings:
    return Settings.model_validate({"http": {"enabled": True, "port": free_port(), **http}})


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def http_door(of: Settings) -> Door:
    return next(door for door in doors(of) if door.section == "http")


async def test_it_is_told_who_reaches_it(tmp_path: Path) -> None:
    local = settings()
    assert (await opened(http_door(local), local)).text.endswith("reached by programs on this machine")
    (tmp_path / "token").write_text("0123456789abcdef")
    open_to_all = settings(host="0.0.0.0", tokens=[{"file": tmp_path / "token"}])
    assert (await opened(http_door(open_to_all), open_to_all)).text.endswith("whoever shows one of its tokens")


async def test_a_token_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    wrong = settings(tokens=[{"file": tmp_path / "none"}])
    with pytest.raises(VoxdError, match=r"http\.tokens"):
        await opened(http_door(wrong), wrong)


def test_where_it_is_not_enabled_nothing_is_said_of_it() -> None:
    assert "http" not in {door.section for door in doors(Settings())}
