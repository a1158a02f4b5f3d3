"""How an engine's servers are: whether they answer, take our token, and have voices."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from voxd.commands.checks.finding import Finding
from voxd.commands.checks.servers import shown_to_all
from voxd.commands.control_client import ControlClient
from voxd.errors import EngineError
from voxd.settings.engines import RemoteSettings
from voxd.synthesis.engine import Engine, WatchedEngine
from voxd.synthesis.engine_room import READY

ANSWERS_WITHIN_S = 12.0
"""A little more than a look at a server may take."""


async def remote_finding(engine: Engine, settings: RemoteSettings, daemon: ControlClient | None) -> Finding:
    """How they are, asked from here, and what a running daemon says where that is worse.

    Raises EngineError where none of them can speak.
    """
    assert isinstance(engine, WatchedEngine)
    await engine.start()
    await _all_looked_at(engine)
    if engine.health.state != READY:
        raise EngineError(engine.health.reason or f"nothing was heard of it within {ANSWERS_WITHIN_S:g} s")
    told = await asyncio.to_thread(_told_by, daemon, engine.name)
    if told.get("state", READY) != READY:
        text = f"answers here, but the daemon cannot reach it: {told.get('reason') or told['state']}"
        return Finding("problem", f"engine {engine.name}", text)
    speakers = len(engine.speakers)
    text = f"{engine.traits.fingerprint}, {speakers} speaker{'' if speakers == 1 else 's'}"
    doubts = list(_doubts(engine, settings))
    return Finding("warning" if doubts else "ok", f"engine {engine.name}", "; ".join((text, *doubts)))


def _doubts(engine: Engine, settings: RemoteSettings) -> Iterator[str]:
    """What is not as it should be though one of its servers can speak."""
    if isinstance(engine, WatchedEngine) and engine.health.reason:
        yield engine.health.reason
    if not engine.speakers and not engine.traits.clones:
        yield "it tells of no voices"
    for host in shown_to_all(settings):
        yield f"its token goes to {host} without TLS, where everybody between can read it"


async def _all_looked_at(engine: WatchedEngine) -> None:
    """Wait until each of its servers is ready, or why it is not is known; not for ever."""
    changed = asyncio.Event()
    silence = engine.listen(lambda _: changed.set())
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            while not _is_known(engine):
                await changed.wait()
                changed.clear()
    silence()


def _is_known(engine: WatchedEngine) -> bool:
    health = engine.health
    servers: Any = health.details.get("servers", {})
    return bool(servers) and all(state == READY or address in health.reason for address, state in servers.items())


def _told_by(daemon: ControlClient | None, name: str) -> dict[str, Any]:
    """What a running daemon says of the engine; nothing where it has no such engine yet."""
    told: dict[str, Any] = {} if daemon is None else daemon.status()["engines"].get(name, {})
    return told
