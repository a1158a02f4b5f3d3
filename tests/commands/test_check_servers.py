"""What `voxd check` says of the servers of engines."""

import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from brokers import free_port
from wyoming_server import wyoming_server

from voxd.commands.checks.engines import engine_finding
from voxd.commands.checks.finding import Finding
from voxd.commands.checks.servers import shown_to_all
from voxd.errors import EngineError
from voxd.settings.engines import OpenAiSettings, WyomingEngineSettings
from voxd.synthesis.engines.remote.table import remote_engine


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Where a server speaks."""
    async with wyoming_server() as port:
        yield port


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Where somebody takes every connection, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


async def finding(**options: object) -> Finding:
    settings = WyomingEngineSettings.model_validate({"connect_timeout_s": 0.5, **options})
    engine = remote_engine("far", settings)
    try:
        return await engine_finding(engine, settings, None)
    finally:
        await engine.stop()


async def test_a_server_that_answers_is_told_with_its_program_and_its_speakers(port: int) -> None:
    assert await finding(port=port) == Finding("ok", "engine far", f"wyoming 127.0.0.1:{port} sine 1, 2 speakers")


async def test_one_of_several_that_is_away_is_a_warning(port: int, silent_port: int) -> None:
    away = free_port()
    found = await finding(port=port, servers=[f"127.0.0.1:{away}", f"127.0.0.1:{silent_port}"])
    assert found.verdict == "warning"
    assert f"127.0.0.1:{away} does not answer: Connection refused" in found.text
    assert f"127.0.0.1:{silent_port}: it did not tell what it is within 0.5 s" in found.text


async def test_where_all_are_away_that_is_the_problem() -> None:
    with pytest.raises(EngineError, match="Connection refused"):
        await finding(port=free_port())


async def test_a_token_that_cannot_be_read_is_a_problem_and_not_shown_around(port: int, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be read"):
        await finding(port=port, token_file=tmp_path / "token")


@pytest.mark.parametrize(
    ("options", "hosts"),
    [
        ({"url": "http://10.0.0.7:8000/v1"}, ["10.0.0.7"]),
        ({"url": ["https://10.0.0.7/v1", "http://127.0.0.1:8000/v1", "http://[::1]:8000/v1"]}, []),
    ],
)
def test_a_token_that_everybody_between_can_read_is_a_warning(
    options: dict[str, object], hosts: list[str], tmp_path: Path
) -> None:
    token = {"token_file": tmp_path / "token"}
    assert list(shown_to_all(OpenAiSettings.model_validate(options | token))) == hosts
    assert list(shown_to_all(OpenAiSettings.model_validate(options))) == []


def test_a_wyoming_server_without_tls_reads_a_token_in_the_clear(tmp_path: Path) -> None:
    far = {"host": "nas.lan", "servers": ["localhost:10200"], "token_file": tmp_path / "token"}
    assert list(shown_to_all(WyomingEngineSettings.model_validate(far))) == ["nas.lan"]
    assert list(shown_to_all(WyomingEngineSettings.model_validate(far | {"tls": {"enabled": True}}))) == []
