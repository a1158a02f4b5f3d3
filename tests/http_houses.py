"""A miniature house behind the HTTP frontend on a real port, and who asks it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from engines_for_tests import SineEngine
from fastapi import APIRouter
from miniature_house import ZONES, MiniatureHouse

from voxd.frontends.http.frontend import HttpFrontend
from voxd.frontends.http.house import HttpHouse, frontend_of
from voxd.model.identifiers import ZoneId
from voxd.settings import ZoneSettings
from voxd.settings.http import HttpSettings
from voxd.synthesis.engine_room import EngineRoom


@dataclass(frozen=True, slots=True)
class Got:
    """An answer, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """What it holds."""
        return json.loads(self.body)


class Client:
    """Asks one frontend."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self.port = port
        self.session = session

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    async def ask(self, method: str, path: str, **options: Any) -> Got:
        """The whole answer."""
        async with asyncio.timeout(20), self.session.request(method, self.url + path, **options) as answer:
            return Got(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, **options: Any) -> Got:
        """GET."""
        return await self.ask("GET", path, **options)

    async def post(self, path: str, **options: Any) -> Got:
        """POST."""
        return await self.ask("POST", path, **options)

    async def raw(self, sent: bytes) -> bytes:
        """Whatever is answered to any bytes until the connection is closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        async with asyncio.timeout(20):
            writer.write(sent)
            answer = await reader.read()
        writer.close()
        return answer


@asynccontextmanager
async def served(routers: Sequence[APIRouter], **settings: Any) -> AsyncGenerator[Client, None]:
    """These routes on a free port, and a client of theirs."""
    frontend = HttpFrontend(HttpSettings(enabled=True, port=0, **settings), routers, "1.2.3")
    async with alive(frontend), aiohttp.ClientSession() as session:
        yield Client(frontend.port, session)


@asynccontextmanager
async def alive(frontend: HttpFrontend) -> AsyncGenerator[None, None]:
    """It serves meanwhile."""
    await frontend.start()
    serving = asyncio.create_task(frontend.run())
    try:
        yield
    finally:
        await frontend.stop()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@asynccontextmanager
async def house_served(
    folder: Path, others: Sequence[SineEngine] = (), **settings: Any
) -> AsyncGenerator[tuple[MiniatureHouse, Client], None]:
    """A whole house with everything that it can be asked for."""
    options = HttpSettings(enabled=True, port=0, **settings)
    async with MiniatureHouse(folder, others=others).alive() as house:
        frontend = frontend_of(http_house(house), options)
        async with alive(frontend), aiohttp.ClientSession() as session:
            yield house, Client(frontend.port, session)


def http_house(house: MiniatureHouse) -> HttpHouse:
    """What the routes need of it."""
    return HttpHouse(
        *(house.announcer, house.orders, house.renderer, house.progress, EngineRoom(house.engines), house.voice_desk),
        house.synthesizer,
        lambda: dict.fromkeys(map(ZoneId, ZONES), ZoneSettings()),
        "1.2.3",
    )
