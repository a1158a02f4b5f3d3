"""The enrolled voices for commands that speak without the daemon."""

from collections.abc import Mapping

from voxd.model.voice import Voice
from voxd.paths import paths_in_force
from voxd.settings import Settings
from voxd.synthesis.engine import Engine
from voxd.synthesis.enrolled.cloners import Cloners
from voxd.synthesis.enrolled.register import Register
from voxd.synthesis.enrolled.store import VoiceStore


async def lone_register(settings: Settings) -> Register:
    """The enrolled voices as they are on the disk, where nothing is changed. Raises StorageError."""
    register = Register(VoiceStore(paths_in_force(settings.paths).enrolled))
    await register.read()
    return register


async def introduce(voice: Voice, register: Register, engines: Mapping[str, Engine]) -> None:
    """Let the engine of an enrolled voice, which is ready, learn it; any other voice it knows anyway."""
    enrolled = register.get(voice.name)
    if enrolled is not None and enrolled.speaker == voice.speaker:
        await Cloners(engines, 0.0).introduce(enrolled, register.store.clip(enrolled))
