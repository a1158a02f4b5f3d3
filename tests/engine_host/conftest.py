"""A host in the test's own process: its door, its service and its model's thread."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from engine_hosts import HostClient, client_of
from models_for_tests import SineModel

from voxd.engine_host.door import Door
from voxd.engine_host.exit_codes import ExitCode
from voxd.engine_host.speech import NeuralEngine, SpeechService
from voxd.settings.engines import HostSettings
from voxd.wire.wyoming.host_events import HostState


@dataclass
class Host:
    """A host, and with what codes it wanted to end."""

    folder: Path
    socket: Path
    service: SpeechService
    codes: list[ExitCode] = field(default_factory=list)

    def asked(self, word: str = "") -> list[str]:
        """What the model was asked, in order; only lines that begin with `word`."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if line.startswith(word)]


Start = Callable[..., Any]


@asynccontextmanager
async def running(folder: Path, settings: HostSettings, **options: Any) -> AsyncIterator[Host]:
    """A host whose SineModel has these options."""
    codes: list[ExitCode] = []

    def make() -> SineModel:
        return SineModel(log=str(folder / "log"), **options)

    service = SpeechService(NeuralEngine("sine", "python", settings, make, folder / "embeddings"), codes.append)
    host = Host(folder, folder / "engine-sine.sock", service, codes)
    async with asyncio.TaskGroup() as group:
        door = Door(host.socket, service, group)
        await door.open()
        loops = [group.create_task(door.tend()), group.create_task(service.load())]
        yield host
        await door.close()
        for loop in loops:
            loop.cancel()


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts a host; waits until it is ready, or else what `state` says."""
    async with AsyncExitStack() as running_hosts:

        async def started(state: HostState | None = HostState.READY, **options: Any) -> Host:
            settings = HostSettings(
                **{key: options.pop(key) for key in tuple(options) if key in HostSettings.model_fields}
            )
            host = await running_hosts.enter_async_context(running(tmp_path, settings, **options))
            if state is not None:
                async with client_of(host.socket) as client:
                    await client.follow_until(state)
            return host

        yield started


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[Host], Any]]:
    """Connects to a host, until the end of the test."""
    async with AsyncExitStack() as connections:

        async def connected(host: Host) -> HostClient:
            return await connections.enter_async_context(client_of(host.socket))

        yield connected
