"""The kinds of remote servers there are; only the configured ones are imported."""

from collections.abc import Sequence

from voxd.errors import EngineError
from voxd.settings.engines import RemoteSettings, WyomingEngineSettings
from voxd.synthesis.engine import Engine
from voxd.synthesis.engines.remote.engine import RemoteEngine
from voxd.synthesis.engines.remote.server import SpeechServer


def remote_engine(name: str, settings: RemoteSettings) -> Engine:
    """The engine called `name` that the settings describe, not started yet."""
    return RemoteEngine(name, settings, _servers(settings))


def _servers(settings: RemoteSettings) -> Sequence[SpeechServer]:
    """One for each address."""
    match settings:
        case WyomingEngineSettings():
            from voxd.synthesis.engines.remote.wyoming import WyomingServer

            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            return [WyomingServer(each, settings) for each in (f"{host}:{settings.port}", *settings.servers)]
        case _:
            raise EngineError(f"The engine {getattr(settings, 'type', '')} is not built yet")
