"""The engines that clone voices: which one is meant, what it needs, and what it knows."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol, runtime_checkable

from voxd.errors import BadRequestError, EngineError
from voxd.synthesis.engine import CloningEngine, Engine, ReferenceClip, WatchedEngine
from voxd.synthesis.enrolled.voice import EnrolledVoice, EnrolmentWish
from voxd.wire.wyoming.host_events import Fault

log = logging.getLogger(__name__)

_LATER = (Fault.LOADING, Fault.REPAIRING)
_UNDETERMINED = "und"


@runtime_checkable
class Cloner(Engine, CloningEngine, Protocol):
    """An engine that clones voices."""


class Cloners:
    """Of all engines those that clone. One that is loading is waited for, `wait_s` at most."""

    def __init__(self, engines: Mapping[str, Engine], wait_s: float) -> None:
        self._engines = engines
        self._cloners = {name: engine for name, engine in engines.items() if isinstance(engine, Cloner)}
        self._wait_s = wait_s

    def choose(self, wish: EnrolmentWish) -> Cloner:
        """The engine that is wished for, or the only one. Raises BadRequestError."""
        name, place = wish.engine, wish.place_of("engine")
        cloning = [engine for engine in self._cloners.values() if _may_clone(engine)]
        names = ", ".join(engine.name for engine in cloning)
        if not cloning and (name is None or name not in self._cloners):
            raise BadRequestError("No engine that clones voices is configured: see engines in config/voxd.yaml")
        if name is None:
            if len(cloning) > 1:
                raise BadRequestError(f"Several engines clone voices; say which one: {names} ({place})")
            return cloning[0]
        if name not in self._cloners:
            known = "does not clone voices" if name in self._engines else "is not configured"
            raise BadRequestError(f'The engine "{name[:64]}" {known}; these clone voices: {names} ({place})')
        return self._cloners[name]

    async def check(self, engine: Cloner, wish: EnrolmentWish) -> None:
        """Raises BadRequestError where it cannot clone with what is given, EngineError where nobody can tell now."""
        is_known = await self._settled(engine)
        if is_known and not engine.traits.clones:
            hint = engine.traits.clones_once
            unable = f": {hint}" if hint else " with the model that it has"
            raise BadRequestError(f"The engine {engine.name} does not clone voices{unable}")
        if wish.transcript:
            return
        place = wish.place_of("transcript")
        if not is_known:
            doubt = "is still loading, and may have to know what is said in the clip"
            raise EngineError(f"The engine {engine.name} {doubt}: add its transcript ({place}), or try again later")
        if engine.traits.needs_transcript:
            need = "must know what is said in the clip"
            raise BadRequestError(f"The engine {engine.name} {need}: add its transcript ({place})")

    async def learn(self, engine: Cloner, clip: ReferenceClip) -> str:
        """Let it make a new voice; why it can do so only later, empty where it is done.

        Raises BadRequestError where it cannot use the clip, EngineError where it failed on it; it knows nothing of
        the clip then.
        """
        try:
            await engine.know(clip)
        except EngineError as error:
            if error.fault in _LATER:
                return str(error)
            await self._forget(engine, clip.speaker)
            sentence = f"The engine {engine.name} cannot make a voice of this clip: {error}"
            raise EngineError(sentence, error.fault) if error.fault else BadRequestError(sentence) from error
        return ""

    async def introduce(self, voice: EnrolledVoice, clip: Path) -> None:
        """Make an enrolled voice known. The engine remembers it, even where it cannot be prepared now."""
        engine = self._cloners.get(voice.engine)
        if engine is None:
            return  # one of the mistakes that the owner is told of
        try:
            await engine.know(reference(voice, clip))
        except EngineError as error:
            level = logging.DEBUG if error.fault in _LATER else logging.WARNING
            log.log(level, "The voice %s cannot be prepared: %s", voice.speaker, error)

    async def forget(self, voice: EnrolledVoice) -> None:
        """Have its engine forget a voice, as far as that is there."""
        if (engine := self._cloners.get(voice.engine)) is not None:
            await self._forget(engine, voice.speaker)

    async def forget_former(self, speakers: Iterable[str]) -> None:
        """Have every engine forget voices that were removed, also while it could not be told."""
        for speaker in speakers:
            for engine in self._cloners.values():
                await self._forget(engine, speaker)

    async def _forget(self, engine: Cloner, speaker: str) -> None:
        try:
            await engine.forget(speaker)
        except EngineError as error:
            log.warning("The engine %s has not forgotten %s: %s", engine.name, speaker, error)

    async def _settled(self, engine: Cloner) -> bool:
        """Whether its traits can be relied on. Raises EngineError where it has failed."""
        if not isinstance(engine, WatchedEngine):
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout(self._wait_s):
                await engine.settled()
        health = engine.health
        if health.state == "failed":
            raise EngineError(f"The engine {engine.name} cannot speak: {health.reason}")
        return health.state == "ready" or engine.traits.clones


def reference(voice: EnrolledVoice, clip: Path) -> ReferenceClip:
    """What an engine is told of a voice."""
    return ReferenceClip(voice.speaker, clip, voice.transcript, voice.language)


def language_for(engine: Engine, house: str) -> str:
    """The house's language, or the engine's first one if it does not speak that."""
    base, known = house.partition("-")[0], _languages(engine)
    if not known or base in map(_base, known):
        return base
    return known[0]


def language_notes(engine: Engine, language: str) -> tuple[str, ...]:
    """What the owner should know of a language that the engine does not name."""
    known = _languages(engine)
    if not known or _base(language) in map(_base, known):
        return ()
    return (f"The engine {engine.name} was made for {', '.join(known)}; listen how well it speaks {language}",)


def _languages(engine: Engine) -> tuple[str, ...]:
    """What the engine speaks, as far as it tells."""
    tags = dict.fromkeys(tag for speaker in engine.speakers for tag in speaker.languages)
    return tuple(tag for tag in tags if tag != _UNDETERMINED)


def _may_clone(engine: Cloner) -> bool:
    """Whether it clones voices with the model that it has, or has not told yet."""
    return engine.traits.clones or (isinstance(engine, WatchedEngine) and engine.health.state != "ready")


def _base(tag: str) -> str:
    return tag.lower().partition("-")[0]
