"""`voxd voices`: the voices that an announcement can name."""

import asyncio

from voxd.app import engines_of
from voxd.errors import VoxdError
from voxd.model.voice import Voice
from voxd.settings import Settings
from voxd.synthesis.engine_room import EngineRoom
from voxd.synthesis.voices import VoiceBook


def show(settings: Settings, language: str | None) -> None:
    """Print a line for each voice, the default one first. Raises VoxdError where no engine can speak."""
    found = [voice for voice in asyncio.run(_voices(settings)) if language is None or voice.speaks(language)]
    if not found:
        raise VoxdError(f"No voice speaks {language}")
    for voice in found:
        print(f"{voice.name:24} {', '.join(voice.languages):16} {voice.description}")


async def _voices(settings: Settings) -> tuple[Voice, ...]:
    engines = engines_of(settings)
    everything = EngineRoom(engines)
    await everything.start()
    try:
        return VoiceBook(settings.voices, settings.speech.voice, engines).all()
    finally:
        await everything.stop()
