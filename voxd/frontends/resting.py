"""Which voices rest because their engine cannot speak now, and why."""

from collections.abc import Iterable, Mapping
from itertools import islice

from voxd.frontends.order_answers import LISTED_MAX, short
from voxd.model.voice import Voice
from voxd.synthesis.engine import EngineHealth
from voxd.synthesis.engine_room import READY, WORDS


def resting(voices: Iterable[Voice], engines: Mapping[str, EngineHealth]) -> dict[str, str]:
    """The owner's voices and the enrolled ones that rest, each with a sentence; its state tells of an engine's own."""
    why = {name: _why(name, health) for name, health in engines.items() if health.state != READY}
    found = ((str(voice.name), why[voice.engine]) for voice in voices if voice.engine in why and _is_somebodys(voice))
    return dict(islice(found, LISTED_MAX))


def _why(engine: str, health: EngineHealth) -> str:
    return short(health.reason or f"The engine {engine} {WORDS.get(health.state, health.state)}")


def _is_somebodys(voice: Voice) -> bool:
    """Whether it has a name of its own, and not that of a speaker or of a revision."""
    return voice.name != f"{voice.engine}-{voice.speaker}" and "@" not in voice.name
