"""The engines there are; only the configured ones are imported."""

from pathlib import Path

from voxd.settings.engines import EngineSettings, EspeakSettings, FliteSettings, HostSettings
from voxd.synthesis.engine import Engine
from voxd.synthesis.engines.host_process import HostPlace


def engine_for(name: str, settings: EngineSettings, place: HostPlace, memory_file: Path | None = None) -> Engine:
    """The engine called `name` that the settings describe, not started yet.

    Its host, if it has one, is at `place`; what its servers tell, if it has some, is kept in `memory_file`.
    """
    match settings:
        case EspeakSettings():
            from voxd.synthesis.engines.espeak import EspeakEngine

            return EspeakEngine(name, settings)
        case FliteSettings():
            from voxd.synthesis.engines.flite import FliteEngine

            return FliteEngine(name, settings)
        case HostSettings():
            from voxd.synthesis.engines.hosted import HostedEngine

            return HostedEngine(name, settings, place)
        case _:
            from voxd.synthesis.engines.remote.table import remote_engine

            return remote_engine(name, settings, memory_file)
