"""The engines there are; only the configured ones are imported."""

from voxd.settings import EngineSettings, EspeakSettings, WyomingEngineSettings
from voxd.synthesis.engine import Engine


def engine_for(name: str, settings: EngineSettings) -> Engine:
    """The engine called `name` that the settings describe, not started yet."""
    match settings:
        case EspeakSettings():
            from voxd.synthesis.engines.espeak import EspeakEngine

            return EspeakEngine(name, settings)
        case WyomingEngineSettings():
            from voxd.synthesis.engines.wyoming import WyomingEngine

            return WyomingEngine(name, settings)
