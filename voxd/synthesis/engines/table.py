"""The engines there are; only the configured ones are imported."""

from voxd.errors import EngineError
from voxd.settings.engines import EngineSettings, EspeakSettings, HostSettings, WyomingEngineSettings
from voxd.synthesis.engine import Engine
from voxd.synthesis.engines.host_process import HostPlace


def engine_for(name: str, settings: EngineSettings, place: HostPlace) -> Engine:
    """The engine called `name` that the settings describe, not started yet; its host, if it has one, is at `place`."""
    match settings:
        case EspeakSettings():
            from voxd.synthesis.engines.espeak import EspeakEngine

            return EspeakEngine(name, settings)
        case WyomingEngineSettings():
            from voxd.synthesis.engines.wyoming import WyomingEngine

            return WyomingEngine(name, settings)
        case HostSettings():
            from voxd.synthesis.engines.hosted import HostedEngine

            return HostedEngine(name, settings, place)
        case _:
            raise EngineError(f"The engine {settings.type} is not built yet")
