"""The kinds of remote servers there are; only the configured ones are imported."""

from collections.abc import Sequence
from pathlib import Path

from voxd.settings.engines import (
    GptSovitsSettings,
    OpenAiSettings,
    RemoteEngineSettings,
    SambertSettings,
    WyomingEngineSettings,
)
from voxd.synthesis.engine import Engine
from voxd.synthesis.engines.remote.cloning import CloningRemoteEngine
from voxd.synthesis.engines.remote.engine import RemoteEngine
from voxd.synthesis.engines.remote.memory import Memory
from voxd.synthesis.engines.remote.server import CloningSpeechServer, SpeechServer


def remote_engine(name: str, settings: RemoteEngineSettings, memory_file: Path | None = None) -> Engine:
    """The engine called `name` that the settings describe, not started yet; see Memory for its file."""
    servers, memory = _servers(settings), Memory(name, settings, memory_file)
    cloning = [server for server in servers if isinstance(server, CloningSpeechServer)]
    if cloning:
        return CloningRemoteEngine(name, settings, cloning, memory)
    return RemoteEngine(name, settings, servers, memory)


def _servers(settings: RemoteEngineSettings) -> Sequence[SpeechServer]:
    """One for each address."""
    match settings:
        case WyomingEngineSettings():
            from voxd.synthesis.engines.remote.wyoming import WyomingServer

            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            return [WyomingServer(each, settings) for each in (f"{host}:{settings.port}", *settings.servers)]
        case OpenAiSettings():
            from voxd.synthesis.engines.remote.openai.server import OpenAiServer

            return [OpenAiServer(url, settings) for url in settings.url]
        case GptSovitsSettings():
            from voxd.synthesis.engines.remote.gpt_sovits.server import GptSovitsServer

            return [GptSovitsServer(url, settings) for url in settings.url]
        case SambertSettings():
            from voxd.synthesis.engines.remote.sambert.server import SambertServer

            return [SambertServer(url, settings) for url in settings.url]
